/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"

#define BLOCK ((size_t)256 << 10)

/* Content -------------------------------------------------------------------------------------- */

/* For filesystems between which the kernel does not copy by itself. */
static int copy_by_hand(int from, int to, off_t at, off_t end, struct error *err)
{
	char *buffer = malloc(BLOCK);
	int result = 0;

	if (!buffer)
		return fail(err, ENOMEM, "out of memory");
	while (result == 0 && at < end) {
		size_t piece = end - at < (off_t)BLOCK ? (size_t)(end - at) : BLOCK;
		ssize_t got = pread(from, buffer, piece, at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			result = fail_errno(err, "read");
		if (got <= 0)
			break;
		if (lseek(to, at, SEEK_SET) < 0)
			result = fail_errno(err, "seek");
		else
			result = write_all(to, buffer, (size_t)got, err);
		at += got;
	}
	free(buffer);
	return result;
}

static int copy_part(int from, int to, off_t at, off_t end, struct error *err)
{
	while (at < end) {
		off_t in = at, out = at;
		ssize_t copied = copy_file_range(from, &in, to, &out, (size_t)(end - at), 0);

		if (copied < 0 && errno == EINTR)
			continue;
		if (copied < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO))
			return fail_errno(err, "copy");
		if (copied <= 0)
			return copy_by_hand(from, to, at, end, err);
		at += copied;
	}
	return 0;
}

static int copy_content(int from, int to, off_t size, struct error *err)
{
	off_t at = 0;

	if (ioctl(to, FICLONE, from) == 0)
		return 0;
	if (ftruncate(to, size) < 0)
		return fail_errno(err, "set size");
	while (at < size) {
		off_t data = lseek(from, at, SEEK_DATA), hole;

		if (data < 0)
			return errno == ENXIO ? 0 : copy_part(from, to, at, size, err);
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0 || hole > size)
			hole = size;
		if (copy_part(from, to, data, hole, err) < 0)
			return -1;
		at = hole;
	}
	return 0;
}

/* Metadata ------------------------------------------------------------------------------------- */

/*
 * By name, since links, FIFOs and devices cannot be opened: it is a name that only we know. The
 * owner comes first, since changing it takes set-user-ID and capabilities away; the mode before
 * the attributes, since an ACL is one of them and has the mode's bits in it.
 */
static int set_metadata(const struct diff_entry *entry, int dir, const char *name,
			struct error *err)
{
	const struct stat *status = &entry->status;
	char path[NAME_MAX + 64];

	if (fchownat(dir, name, status->st_uid, status->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "change owner to %u:%u", status->st_uid, status->st_gid);
	if (!S_ISLNK(status->st_mode) && fchmodat(dir, name, status->st_mode & 07777, 0) < 0)
		return fail_errno(err, "change mode");
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dir, name);
	for (size_t i = 0; i < entry->xattrs->count; i++) {
		const struct xattr *xattr = &entry->xattrs->items[i];

		if (lsetxattr(path, xattr->name, xattr->value, xattr->size, 0) < 0)
			return fail_errno(err, "set attribute %s", xattr->name);
	}
	return 0;
}

int host_copy_time(const struct stat *status, int dir, const char *name, struct error *err)
{
	const struct timespec times[2] = { status->st_atim, status->st_mtim };

	if (utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "set time");
	return 0;
}

/* Kinds ---------------------------------------------------------------------------------------- */

static int copy_file(const struct diff_entry *entry, int dir, const char *name, struct error *err)
{
	cleanup_fd int from = openat(entry->data_parent, entry->data_name,
				     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	cleanup_fd int to = -1;
	struct stat status;

	if (from < 0 || fstat(from, &status) < 0)
		return fail_errno(err, "open");
	if (!S_ISREG(status.st_mode))
		return fail(err, EBUSY, "it changes just now");
	to = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0)
		return fail_errno(err, "create a copy");
	return copy_content(from, to, status.st_size, err);
}

static int copy_link(const struct diff_entry *entry, int dir, const char *name, struct error *err)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(entry->parent, entry->name, target, sizeof(target));

	if (length < 0 || length == sizeof(target))
		return fail_errno(err, "read link");
	target[length] = '\0';
	return symlinkat(target, dir, name) < 0 ? fail_errno(err, "make a link") : 0;
}

static int copy_kind(const struct diff_entry *entry, int dir, const char *name, struct error *err)
{
	const struct stat *status = &entry->status;

	switch (status->st_mode & S_IFMT) {
	case S_IFREG:
		return copy_file(entry, dir, name, err);
	case S_IFLNK:
		return copy_link(entry, dir, name, err);
	case S_IFDIR:
		return mkdirat(dir, name, 0700) < 0 ? fail_errno(err, "make a directory") : 0;
	default:
		return mknodat(dir, name, (status->st_mode & S_IFMT) | 0600, status->st_rdev) < 0
			       ? fail_errno(err, "make a node")
			       : 0;
	}
}

int host_copy(const struct diff_entry *entry, int dir, const char *name, struct error *err)
{
	if (copy_kind(entry, dir, name, err) < 0 || set_metadata(entry, dir, name, err) < 0)
		return -1;
	return S_ISDIR(entry->status.st_mode) ? 0 : host_copy_time(&entry->status, dir, name, err);
}
