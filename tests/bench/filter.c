/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter PROCESS FILE: writes the seccomp filter that the process runs behind, as the kernel has
 * it, for floor.c: what a start with a profile loads at least. Needs root.
 */
#include <fcntl.h>
#include <linux/filter.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static struct sock_filter code[BPF_MAXINSNS];

static int fail(const char *what)
{
	perror(what);
	return 1;
}

int main(int argc, char **argv)
{
	pid_t pid = argc > 2 ? atoi(argv[1]) : 0;
	long count;
	size_t size;
	int fd;

	if (pid <= 0)
		return 2;
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) || ptrace(PTRACE_INTERRUPT, pid, 0, 0) ||
	    waitpid(pid, NULL, 0) != pid)
		return fail("filter: ptrace");
	count = ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 0, code);
	if (count < 0)
		return fail("filter: PTRACE_SECCOMP_GET_FILTER");
	size = (size_t)count * sizeof(code[0]);
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, code, size) != (ssize_t)size)
		return fail(argv[2]);
	return 0;
}
