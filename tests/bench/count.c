/* SPDX-License-Identifier: Apache-2.0 */
/*
 * count COMMAND...: runs COMMAND, its output discarded, and prints as JSON what it and all its
 * children asked of the kernel: counts that repeat where times do not. null is what this machine
 * cannot count: instructions without a counter of the processor, tracepoints without tracefs, which
 * is looked for at /sys/kernel/tracing. Exits as COMMAND does. Needs root.
 */
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct counter {
	const char *name;
	unsigned int type; /* PERF_TYPE_HARDWARE unless told */
	unsigned long long event;
	const char *tracepoint;
	bool no_user, no_kernel;
	int fd;
} counters[] = {
	{ "user", .event = PERF_COUNT_HW_INSTRUCTIONS, .no_kernel = true },
	{ "kernel", .event = PERF_COUNT_HW_INSTRUCTIONS, .no_user = true },
	{ "faults", .type = PERF_TYPE_SOFTWARE, .event = PERF_COUNT_SW_PAGE_FAULTS },
	{ "switches", .type = PERF_TYPE_SOFTWARE, .event = PERF_COUNT_SW_CONTEXT_SWITCHES },
	{ "syscalls", .type = PERF_TYPE_TRACEPOINT, .tracepoint = "raw_syscalls/sys_enter" },
	{ "forks", .type = PERF_TYPE_TRACEPOINT, .tracepoint = "sched/sched_process_fork" },
	{ "execs", .type = PERF_TYPE_TRACEPOINT, .tracepoint = "sched/sched_process_exec" },
};
#define COUNTERS (sizeof(counters) / sizeof(counters[0]))

/* The number that tracefs has for it, or -1. */
static long long tracepoint_number(const char *name)
{
	char path[128], text[24] = "";
	ssize_t size = -1;
	int fd;

	snprintf(path, sizeof(path), "/sys/kernel/tracing/events/%s/id", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		size = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	return size > 0 ? atoll(text) : -1;
}

/* Counts from the exec of pid on, in all that comes from it. */
static int open_counter(const struct counter *counter, pid_t pid)
{
	struct perf_event_attr attr = { .size = sizeof(attr),
					.type = counter->type,
					.config = counter->event,
					.disabled = 1,
					.inherit = 1,
					.enable_on_exec = 1,
					.exclude_user = counter->no_user,
					.exclude_kernel = counter->no_kernel,
					.exclude_hv = 1 };
	long long number = counter->tracepoint ? tracepoint_number(counter->tracepoint) : 0;

	if (number < 0)
		return -1;
	if (counter->tracepoint)
		attr.config = (unsigned long long)number;
	return (int)syscall(SYS_perf_event_open, &attr, pid, -1, -1, PERF_FLAG_FD_CLOEXEC);
}

static void print_counters(const struct rusage *usage)
{
	printf("{");
	for (size_t i = 0; i < COUNTERS; i++) {
		uint64_t value;

		printf("\"%s\": ", counters[i].name);
		if (counters[i].fd >= 0 && read(counters[i].fd, &value, sizeof(value)) > 0)
			printf("%llu, ", (unsigned long long)value);
		else
			printf("null, ");
	}
	printf("\"peak\": %ld}\n", usage->ru_maxrss);
}

int main(int argc, char **argv)
{
	int ready[2], status;
	struct rusage usage;
	pid_t pid;
	char byte;

	if (argc < 2 || pipe2(ready, O_CLOEXEC))
		return 2;
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		dup2(null, STDIN_FILENO);
		dup2(null, STDOUT_FILENO);
		if (read(ready[0], &byte, 1) == 1)
			execvp(argv[1], argv + 1);
		_exit(127);
	}
	for (size_t i = 0; i < COUNTERS; i++)
		counters[i].fd = open_counter(&counters[i], pid);
	if (pid < 0 || write(ready[1], "", 1) != 1 || wait4(pid, &status, 0, &usage) != pid)
		return 2;
	print_counters(&usage);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
