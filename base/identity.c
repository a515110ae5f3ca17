/* SPDX-License-Identifier: Apache-2.0 */
#include "base/identity.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"

#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

static uint64_t pidfs_inode(int pidfd)
{
	struct statfs filesystem;
	struct stat status;

	if (fstatfs(pidfd, &filesystem) < 0 || filesystem.f_type != PID_FS_MAGIC ||
	    fstat(pidfd, &status) < 0)
		return 0;
	return status.st_ino;
}

int identity_start_time(pid_t pid, uint64_t *start, struct error *err)
{
	char path[32], text[1024], *rest;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (file_read_short_at(AT_FDCWD, path, text, sizeof(text), err) < 0)
		return -1;
	rest = strrchr(text, ')'); /* the name before it may have anything in it */
	for (int field = 2; rest && field < 22; field++)
		rest = strchr(rest + 1, ' ');
	if (!rest)
		return fail(err, EPROTO, "%s: has no start time", path);
	*start = strtoull(rest, NULL, 10);
	return 0;
}

int identity_get(int pidfd, pid_t pid, struct identity *identity, struct error *err)
{
	*identity = (struct identity){ .pid = pid, .inode = pidfs_inode(pidfd) };
	return identity->inode ? 0 : identity_start_time(pid, &identity->start, err);
}

int identity_open(const struct identity *identity, struct error *err)
{
	cleanup_fd int pidfd = -1;
	struct stat status;
	uint64_t start;

	if (identity->pid <= 0 || identity->pid > INT_MAX)
		return fail(err, ESRCH, "no process");
	pidfd = pidfd_open((pid_t)identity->pid, 0);
	/* the number of a thread: the errno depends on the version of the kernel */
	if (pidfd < 0 && (errno == EINVAL || errno == ENOENT))
		return fail(err, ESRCH, "process %lld is a thread of another one now",
			    (long long)identity->pid);
	if (pidfd < 0)
		return fail_errno(err, "open process %lld", (long long)identity->pid);
	if (identity->inode) {
		/* that the number is one of pidfs was seen when it was noted */
		if (fstat(pidfd, &status) < 0 || status.st_ino != identity->inode)
			return fail(err, ESRCH, "process %lld is another one now",
				    (long long)identity->pid);
	} else {
		if (identity_start_time((pid_t)identity->pid, &start, err) < 0)
			return err->errnum == ENOENT || err->errnum == ESRCH
				       ? fail(err, ESRCH, "process %lld is gone",
					      (long long)identity->pid)
				       : -1;
		if (start != identity->start)
			return fail(err, ESRCH, "process %lld is another one now",
				    (long long)identity->pid);
	}
	if (identity_wait_end(pidfd, 0))
		return fail(err, ESRCH, "process %lld has ended", (long long)identity->pid);
	return take_fd(&pidfd);
}

bool identity_wait_end(int pidfd, int timeout_ms)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };
	int result;

	do
		result = poll(&poll_fd, 1, timeout_ms);
	while (result < 0 && errno == EINTR);
	return result > 0;
}
