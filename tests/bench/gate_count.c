/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gate_count calls|instructions [-p FILE] COMMAND...: what COMMAND asks of the kernel and of the
 * processor, exactly, on machines without hardware counters: by ptrace(2).
 *
 * calls		every system call of COMMAND and of the processes that it makes, by kind, and their page
 *		faults, forks and execs. sched_yield and what comes behind it are left out: that waits, as
 *		often as it must.
 * instructions	the instructions that those execute in user mode, one step at a time (2 to 20 us
 *		each); a system call is one, and so is a repeated string instruction. -p writes to FILE
 *		how often each was executed: "ADDRESS COUNT", counted from the program's entry.
 *
 * A process counts until it executes a program in another root: that is the container's. What is
 * left when COMMAND itself has ended (the first process of a container that was created) counts
 * until all of it sleeps, and is left alone from then on.
 *
 * Prints one number a line, "COUNTER NUMBER", to descriptor 3; the rest belongs to COMMAND. The exit
 * status is COMMAND's. Addresses are not random and all of it shares one processor, so that the
 * numbers repeat.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRACEES_MAX 64
#define KINDS_MAX 1024
#define SPOTS 65536 /* addresses that a profile tells apart, a power of two */
#define OPTIONS                                                                                    \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |  \
	 PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT)

struct tracee {
	pid_t pid;		    /* 0: a free place */
	unsigned long long address; /* of the instruction before */
	bool waits;		    /* its last call was sched_yield */
	long faults_before;	    /* those of the fork before COMMAND, which are ours */
};

static struct tracee tracees[TRACEES_MAX];
static unsigned long kinds[KINDS_MAX];
static unsigned long calls, instructions, forks, execs, faults;
static struct {
	unsigned long long address;
	unsigned long count;
} spots[SPOTS];
static bool stepping;
static pid_t command;
static unsigned long long entry; /* of the program, in memory */

static _Noreturn void die(const char *text)
{
	fprintf(stderr, "gate_count: %s: %s\n", text, strerror(errno));
	exit(125);
}

static struct tracee *tracee_of(pid_t pid)
{
	struct tracee *free_place = NULL;

	for (struct tracee *t = tracees; t < tracees + TRACEES_MAX; t++) {
		if (t->pid == pid)
			return t;
		if (!t->pid && !free_place)
			free_place = t;
	}
	if (!free_place)
		die("too many processes");
	*free_place = (struct tracee){ .pid = pid };
	return free_place;
}

/* a member of /proc/PID/stat behind the name, where the state is number 0; a text of 32 bytes */
static bool stat_member(pid_t pid, int index, char *text)
{
	char path[64], line[1024], *at;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	at = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
	fclose(file);
	if (!at || !at[1])
		return false;
	at += 2;
	while (index-- > 0 && at) {
		at = strchr(at, ' ');
		at += !!at;
	}
	if (at)
		snprintf(text, 32, "%.*s", (int)strcspn(at, " \n"), at);
	return at;
}

static long faults_of(pid_t pid)
{
	char text[32];

	return stat_member(pid, 7, text) ? atol(text) : 0;
}

static bool sleeps(pid_t pid)
{
	char text[32];

	return stat_member(pid, 0, text) && text[0] == 'S';
}

static bool same_root(pid_t pid)
{
	char path[64];
	struct stat ours, its;

	snprintf(path, sizeof(path), "/proc/%d/root/", pid);
	return stat("/", &ours) == 0 && stat(path, &its) == 0 && ours.st_dev == its.st_dev &&
	       ours.st_ino == its.st_ino;
}

static unsigned long long entry_of(pid_t pid)
{
	struct {
		unsigned long kind, value;
	} row = { 0 };
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	file = fopen(path, "re");
	while (file && row.kind != AT_ENTRY && fread(&row, sizeof(row), 1, file) == 1)
		;
	if (file)
		fclose(file);
	return row.kind == AT_ENTRY ? row.value : 0;
}

static void count_spot(unsigned long long address)
{
	size_t at = (address * 0x9e3779b97f4a7c15ULL) >> 48;

	for (int tries = 0; tries < SPOTS; tries++, at = (at + 1) % SPOTS)
		if (!spots[at].count || spots[at].address == address) {
			spots[at].address = address;
			spots[at].count++;
			return;
		}
}

/* A string instruction stops once for each repetition: only the first one counts. */
static void count_instruction(struct tracee *t)
{
	struct __ptrace_syscall_info info;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0 ||
	    info.instruction_pointer == t->address)
		return;
	instructions++;
	t->address = info.instruction_pointer;
	count_spot(t->address - entry);
}

static void count_call(struct tracee *t)
{
	struct __ptrace_syscall_info info;
	bool waited;

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) <= 0 ||
	    info.op != PTRACE_SYSCALL_INFO_ENTRY)
		return;
	waited = t->waits;
	t->waits = info.entry.nr == SYS_sched_yield;
	if (waited || t->waits)
		return;
	calls++;
	if (info.entry.nr < KINDS_MAX)
		kinds[info.entry.nr]++;
}

/* Lets a process that has stopped go on, and counts what it has stopped for. */
static void go_on(struct tracee *t, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16,
	    how = stepping ? PTRACE_SINGLESTEP : PTRACE_SYSCALL;

	switch (event) {
	case PTRACE_EVENT_FORK:
	case PTRACE_EVENT_VFORK:
	case PTRACE_EVENT_CLONE:
		forks++;
		break;
	case PTRACE_EVENT_EXIT:
		faults += faults_of(t->pid) - t->faults_before;
		break;
	case PTRACE_EVENT_EXEC:
		if (!execs++)
			t->faults_before = faults_of(t->pid);
		entry = entry_of(t->pid);
		if (!same_root(t->pid)) {
			faults += faults_of(t->pid) - t->faults_before;
			how = PTRACE_DETACH;
		}
		break;
	case PTRACE_EVENT_STOP:
		if (signal == SIGSTOP || signal == SIGTSTP)
			how = PTRACE_LISTEN;
		break;
	default:
		if (signal == (SIGTRAP | 0x80))
			count_call(t);
		else if (signal == SIGTRAP)
			count_instruction(t);
	}
	if (event || (signal & 0x7f) == SIGTRAP)
		signal = 0;
	ptrace(how, t->pid, 0, signal);
	if (how == PTRACE_DETACH)
		t->pid = 0;
}

static bool all_sleep(void)
{
	for (struct tracee *t = tracees; t < tracees + TRACEES_MAX; t++)
		if (t->pid && !sleeps(t->pid))
			return false;
	return true;
}

/* Returns the wait status of COMMAND. */
static int trace(void)
{
	int status, result = -1;

	for (;;) {
		/* nothing tells that the processes which COMMAND has left sleep: look again */
		pid_t pid = waitpid(-1, &status, __WALL | (result < 0 ? 0 : WNOHANG));

		if (pid == 0) {
			if (all_sleep())
				return result;
			nanosleep(&(struct timespec){ .tv_nsec = 500000 }, NULL);
		} else if (pid < 0 && errno != EINTR) {
			return result;
		} else if (pid > 0 && WIFSTOPPED(status)) {
			go_on(tracee_of(pid), status);
		} else if (pid > 0) {
			tracee_of(pid)->pid = 0;
			if (pid == command)
				result = status;
		}
	}
}

static void start(char **words)
{
	cpu_set_t processors;
	int go[2], cpu = sched_getcpu();
	char byte = 0;

	CPU_ZERO(&processors);
	CPU_SET(cpu < 0 ? 0 : cpu, &processors);
	sched_setaffinity(0, sizeof(processors), &processors);
	if (pipe2(go, O_CLOEXEC))
		die("pipe");
	command = fork();
	if (command == 0) {
		close(3);
		personality(ADDR_NO_RANDOMIZE);
		if (read(go[0], &byte, 1) == 1)
			execvp(words[0], words);
		_exit(127);
	}
	if (command < 0 || ptrace(PTRACE_SEIZE, command, 0, OPTIONS))
		die("trace");
	tracee_of(command);
	/* stops at its first exec, and is counted from there on */
	if (write(go[1], &byte, 1) != 1)
		die("pipe");
}

static void print_result(void)
{
	if (stepping) {
		dprintf(3, "instructions %lu\n", instructions);
		return;
	}
	dprintf(3, "calls %lu\nforks %lu\nexecs %lu\nfaults %lu\n", calls, forks, execs, faults);
	for (int i = 0; i < KINDS_MAX; i++) {
		char *name = kinds[i] ? seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, i)
				      : NULL;

		if (kinds[i] && name)
			dprintf(3, ".%s %lu\n", name, kinds[i]);
		else if (kinds[i])
			dprintf(3, ".call-%d %lu\n", i, kinds[i]);
		free(name);
	}
}

static void write_profile(const char *path)
{
	FILE *file = fopen(path, "we");

	if (!file)
		die(path);
	for (int i = 0; i < SPOTS; i++)
		if (spots[i].count)
			fprintf(file, "%lld %lu\n", (long long)spots[i].address, spots[i].count);
	if (fclose(file))
		die(path);
}

int main(int argc, char **argv)
{
	const char *profile = NULL;
	char **words = argv + 2;
	int status;

	if (argc > 4 && strcmp(argv[2], "-p") == 0) {
		profile = argv[3];
		words += 2;
	}
	stepping = argc > 2 && strcmp(argv[1], "instructions") == 0;
	if (argc < 3 || (!stepping && strcmp(argv[1], "calls") != 0)) {
		fputs("usage: gate_count calls|instructions [-p FILE] COMMAND... 3>RESULT\n",
		      stderr);
		return 2;
	}
	start(words);
	status = trace();
	print_result();
	if (profile)
		write_profile(profile);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
