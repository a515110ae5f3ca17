/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/copy_up.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sys.h"

#define MAX_DEPTH 64
#define COPY_AT_ONCE ((size_t)1 << 30)

static int copy_directory(int from, int to, dev_t device, int depth, struct error *err);

/* Owner before mode: chown(2) clears the set-id bits. */
static int copy_status(int fd, const struct stat *status)
{
	const struct timespec times[2] = { status->st_atim, status->st_mtim };

	if (fchown(fd, status->st_uid, status->st_gid) < 0 ||
	    fchmod(fd, status->st_mode & 07777) < 0 || futimens(fd, times) < 0)
		return -1;
	return 0;
}

static int copy_file(int from, int to, const char *name, const struct stat *status,
		     struct error *err)
{
	cleanup_fd int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	cleanup_fd int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	ssize_t copied;

	if (in < 0 || out < 0)
		return fail_errno(err, "open %s", name);
	do
		copied = sendfile(out, in, NULL, COPY_AT_ONCE);
	while (copied > 0 || (copied < 0 && errno == EINTR));
	if (copied < 0 || copy_status(out, status) < 0)
		return fail_errno(err, "copy %s", name);
	return 0;
}

static int copy_link(int from, int to, const char *name, const struct stat *status,
		     struct error *err)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from, name, target, sizeof(target) - 1);

	if (length < 0)
		return fail_errno(err, "read link %s", name);
	target[length] = '\0';
	if (symlinkat(target, to, name) < 0 ||
	    fchownat(to, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "copy link %s", name);
	return 0;
}

static int copy_node(int to, const char *name, const struct stat *status, struct error *err)
{
	if (mknodat(to, name, status->st_mode, status->st_rdev) < 0 ||
	    fchownat(to, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(to, name, status->st_mode & 07777, 0) < 0)
		return fail_errno(err, "copy node %s", name);
	return 0;
}

static int copy_below(int from, int to, const char *name, const struct stat *status, dev_t device,
		      int depth, struct error *err)
{
	cleanup_fd int in = -1, out = -1;

	if (depth == MAX_DEPTH)
		return fail(err, ELOOP, "%s: more than %d directories deep", name, MAX_DEPTH);
	if (mkdirat(to, name, 0700) < 0)
		return fail_errno(err, "make directory %s", name);
	in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (in < 0 || out < 0)
		return fail_errno(err, "open %s", name);
	/* a mount point stays empty */
	if (status->st_dev == device && copy_directory(in, out, device, depth + 1, err) < 0)
		return fail_in(err, "%s", name);
	if (copy_status(out, status) < 0)
		return fail_errno(err, "copy %s", name);
	return 0;
}

static int copy_entry(int from, int to, const char *name, dev_t device, int depth,
		      struct error *err)
{
	struct stat status;

	if (fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "%s", name);
	switch (status.st_mode & S_IFMT) {
	case S_IFDIR:
		return copy_below(from, to, name, &status, device, depth, err);
	case S_IFREG:
		return copy_file(from, to, name, &status, err);
	case S_IFLNK:
		return copy_link(from, to, name, &status, err);
	default:
		return copy_node(to, name, &status, err);
	}
}

/* getdents64(2) itself, as readdir(3) allocates. */
static int copy_directory(int from, int to, dev_t device, int depth, struct error *err)
{
	_Alignas(struct dirent) char buffer[2048];
	ssize_t length;

	while ((length = sys_getdents(from, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < length;) {
			const struct dirent *entry = (const void *)(buffer + at);

			at += entry->d_reclen;
			if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
				continue;
			if (copy_entry(from, to, entry->d_name, device, depth, err) < 0)
				return -1;
		}
	}
	return length < 0 ? fail_errno(err, "read a directory") : 0;
}

int copy_up(int from, int to, struct error *err)
{
	cleanup_fd int in = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int out = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	if (in < 0 || out < 0 || fstat(in, &status) < 0)
		return fail_errno(err, "open the directories to copy");
	if (copy_directory(in, out, status.st_dev, 0, err) < 0)
		return -1;
	return copy_status(out, &status) < 0 ? fail_errno(err, "copy a directory") : 0;
}

/* 1: has nothing in it; 0: has; -1: error. */
static int is_empty(int directory, struct error *err)
{
	cleanup_fd int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_Alignas(struct dirent) char buffer[2048];
	ssize_t length;

	if (fd < 0)
		return fail_errno(err, "open the directory to copy to");
	while ((length = sys_getdents(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t at = 0; at < length;) {
			const struct dirent *entry = (const void *)(buffer + at);

			at += entry->d_reclen;
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				return 0;
		}
	}
	return length < 0 ? fail_errno(err, "read a directory") : 1;
}

int copy_up_once(int from, int to, struct error *err)
{
	int empty = is_empty(to, err);

	return empty > 0 ? copy_up(from, to, err) : empty;
}
