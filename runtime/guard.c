/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/guard.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "base/fd.h"
#include "base/program.h"
#include "base/sys.h"

extern char **environ;

bool guard_is_seen;

/* A file that nobody can write through this descriptor's path, however privileged. */
static bool is_protected(int fd)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	struct statvfs status;
	int have;

	if (fstatvfs(fd, &status) == 0 && (status.f_flag & ST_RDONLY))
		return true;
	have = fcntl(fd, F_GET_SEALS);
	return have >= 0 && (have & seals) == seals;
}

static int clone_read_only(int fd)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	cleanup_fd int clone =
		open_tree(fd, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);

	if (clone < 0 || mount_setattr(clone, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return -1;
	return take_fd(&clone);
}

static int copy_sealed(int fd)
{
	const int seals = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	cleanup_fd int copy = memfd_create("ctr", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	struct stat status;
	char path[32];
	off_t done = 0;

	if (copy < 0 || fstat(fd, &status) < 0)
		return -1;
	while (done < status.st_size)
		if (sendfile(copy, fd, &done, (size_t)(status.st_size - done)) <= 0)
			return -1;
	if (fcntl(copy, F_ADD_SEALS, seals) < 0)
		return -1;
	/* a file that is open for writing cannot be executed */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", copy);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static int execute_protected(int self, char **argv, struct error *err)
{
	cleanup_fd int guarded = clone_read_only(self);
	char path[PATH_MAX];

	if (guarded < 0)
		guarded = copy_sealed(self);
	if (guarded < 0)
		return fail_errno(err, "make a protected view of the own program file");
	if (program_path(path, sizeof(path), err) < 0)
		return -1;
	setenv(PROGRAM_PATH_VARIABLE, path, 1);
	execveat(guarded, "", argv, environ, AT_EMPTY_PATH);
	return fail_errno(err, "execute the own program file again");
}

int guard_self(char **argv, struct error *err)
{
	cleanup_fd int self = -1;

	if (guard_is_seen)
		return 0;
	self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	if (self < 0)
		return fail_errno(err, "open /proc/self/exe");
	return is_protected(self) ? 0 : execute_protected(self, argv, err);
}

int guard_execute(char **argv, struct error *err)
{
	cleanup_fd int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	if (self < 0)
		return fail_errno(err, "open /proc/self/exe");
	return execute_protected(self, argv, err);
}
