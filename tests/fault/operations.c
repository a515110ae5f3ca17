/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The second half of the fault programs: the N-th operation that changes a directory or waits for
 * the disk, counted from 1 in each process, whatever code it is in (the linker's --wrap brings all
 * calls of ours here):
 *	CTR_KILL_OPERATION=N	the process gets SIGKILL instead of it
 *	CTR_FAIL_OPERATION=N	it fails with EIO
 *	CTR_FAIL_WRITE=N	the N-th write(2) to a regular file and all later ones: ENOSPC
 *	CTR_SKIP_SYNC=1		nothing waits for the disk: all fsync(2) and syncfs(2) do nothing
 * The file CTR_FAULT_LOG gets a line when that has happened. A test that counts N upwards knows by
 * it when it has seen all: the command has then come to its end before the N-th.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static long operation_to_die, operation_to_fail, write_to_fail, operations, writes;
static int fault_log = -1;
static long skip_sync;

ssize_t __real_write(int fd, const void *data, size_t size);

static long number(const char *variable)
{
	const char *text = getenv(variable);

	return text ? strtol(text, NULL, 10) : 0;
}

__attribute__((constructor)) static void operations_setup(void)
{
	const char *log = getenv("CTR_FAULT_LOG");

	operation_to_die = number("CTR_KILL_OPERATION");
	operation_to_fail = number("CTR_FAIL_OPERATION");
	write_to_fail = number("CTR_FAIL_WRITE");
	skip_sync = number("CTR_SKIP_SYNC");
	if (log)
		fault_log = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void tell(const char *what, long count, const char *name, const char *path)
{
	char line[512];
	int length = snprintf(line, sizeof(line), "%s %ld: %s %s\n", what, count, name, path);

	if (fault_log >= 0 && __real_write(fault_log, line, (size_t)length) < 0)
		return;
}

/* Returns whether it is to fail. */
static int operation(const char *name, const char *path)
{
	operations++;
	if (operations == operation_to_die) {
		tell("killed at", operations, name, path);
		raise(SIGKILL);
	}
	if (operations != operation_to_fail)
		return 0;
	tell("failed at", operations, name, path);
	errno = EIO;
	return 1;
}

/* NOLINTBEGIN(bugprone-reserved-identifier): the linker's names */
#define WRAP(name, path, parameters, ...)                                                          \
	int __real_##name parameters;                                                              \
	int __wrap_##name parameters;                                                              \
	int __wrap_##name parameters                                                               \
	{                                                                                          \
		return operation(#name, path) ? -1 : __real_##name(__VA_ARGS__);                   \
	}

#define SYNC(name)                                                                                 \
	int __real_##name(int fd);                                                                 \
	int __wrap_##name(int fd);                                                                 \
	int __wrap_##name(int fd)                                                                  \
	{                                                                                          \
		return operation(#name, "") ? -1 : skip_sync ? 0 : __real_##name(fd);              \
	}

SYNC(fsync)
SYNC(fdatasync)
SYNC(syncfs)
WRAP(ftruncate, "", (int fd, off_t size), fd, size)
WRAP(rename, to, (const char *from, const char *to), from, to)
WRAP(renameat, to, (int a, const char *from, int b, const char *to), a, from, b, to)
WRAP(renameat2, to, (int a, const char *from, int b, const char *to, unsigned int flags), a, from,
     b, to, flags)
WRAP(linkat, to, (int a, const char *from, int b, const char *to, int flags), a, from, b, to, flags)
WRAP(symlinkat, to, (const char *target, int dir, const char *to), target, dir, to)
WRAP(unlink, path, (const char *path), path)
WRAP(unlinkat, path, (int dir, const char *path, int flags), dir, path, flags)
WRAP(mkdir, path, (const char *path, mode_t mode), path, mode)
WRAP(mkdirat, path, (int dir, const char *path, mode_t mode), dir, path, mode)

ssize_t __wrap_write(int fd, const void *data, size_t size);
ssize_t __wrap_write(int fd, const void *data, size_t size)
{
	struct stat status;

	if (write_to_fail && fd > STDERR_FILENO && fstat(fd, &status) == 0 &&
	    S_ISREG(status.st_mode) && ++writes >= write_to_fail) {
		tell("no room at", writes, "write", "");
		errno = ENOSPC;
		return -1;
	}
	return __real_write(fd, data, size);
}
/* NOLINTEND(bugprone-reserved-identifier) */
