/* SPDX-License-Identifier: Apache-2.0 */
/*
 * touched FILE LIST COMMAND...: runs COMMAND instruction by instruction, its children too, and adds
 * to LIST which parts of the program in FILE they executed: addresses, 16 bytes each, as of nm(1).
 * For tests/bench/order; x86-64 only, some 20 s for a container.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROCESSES 64
#define PART 16

static struct process {
	pid_t pid;
	bool known;		       /* the two below are right */
	unsigned long long begin, end; /* where it has the file; 0: another program */
} processes[PROCESSES];

static unsigned char touched[(8 << 20) / PART];
static struct stat wanted;

static struct process *find(pid_t pid)
{
	struct process *empty = NULL;

	for (int i = 0; i < PROCESSES; i++) {
		if (processes[i].pid == pid)
			return &processes[i];
		if (!processes[i].pid)
			empty = &processes[i];
	}
	if (!empty) {
		fputs("touched: too many processes\n", stderr);
		exit(1);
	}
	*empty = (struct process){ .pid = pid };
	return empty;
}

static void look(struct process *process)
{
	char path[64], line[4096];
	FILE *maps;

	*process = (struct process){ .pid = process->pid, .known = true };
	snprintf(path, sizeof(path), "/proc/%d/maps", process->pid);
	maps = fopen(path, "re");
	while (maps && fgets(line, sizeof(line), maps)) {
		unsigned long long begin, end, inode;

		if (sscanf(line, "%llx-%llx %*s %*s %*s %llu", &begin, &end, &inode) != 3 ||
		    inode != wanted.st_ino)
			continue;
		if (!process->begin)
			process->begin = begin;
		process->end = end;
	}
	if (maps)
		fclose(maps);
}

/* Returns whether the process is to be stepped on. */
static bool note(struct process *process)
{
	struct user_regs_struct registers;

	if (!process->begin)
		return false;
	if (ptrace(PTRACE_GETREGS, process->pid, NULL, &registers) == 0 &&
	    registers.rip >= process->begin && registers.rip < process->end &&
	    registers.rip - process->begin < sizeof(touched) * PART)
		touched[(registers.rip - process->begin) / PART] = 1;
	return true;
}

/* What the command leaves, a container that waits for its start, shall go on without us. */
static void let_go(pid_t pid)
{
	int status;

	if (kill(pid, SIGSTOP) == 0 && waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_DETACH, pid, NULL, NULL);
	kill(pid, SIGCONT);
}

int main(int argc, char **argv)
{
	const long options = PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
			     PTRACE_O_TRACEEXEC;
	pid_t first, pid;
	FILE *list;
	int status;

	if (argc < 4 || stat(argv[1], &wanted) < 0)
		return 2;
	list = fopen(argv[2], "ae");
	if (!list)
		return 1;
	first = pid = fork();
	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		raise(SIGSTOP);
		execvp(argv[3], argv + 3);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	ptrace(PTRACE_SETOPTIONS, pid, NULL, options);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		struct process *process;
		int number;

		if (pid < 0)
			continue;
		process = find(pid);
		if (!WIFSTOPPED(status)) {
			process->pid = 0;
			if (pid == first)
				break;
			continue;
		}
		if (status >> 16 == PTRACE_EVENT_EXEC || !process->known)
			look(process);
		number = WSTOPSIG(status);
		if (number == SIGTRAP || number == SIGSTOP)
			number = 0;
		ptrace(note(process) ? PTRACE_SINGLESTEP : PTRACE_CONT, pid, NULL, number);
	}
	for (int i = 0; i < PROCESSES; i++)
		if (processes[i].pid)
			let_go(processes[i].pid);
	for (size_t i = 0; i < sizeof(touched); i++)
		if (touched[i])
			fprintf(list, "%zx\n", i * PART);
	return fclose(list) ? 1 : 0;
}
