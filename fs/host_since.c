/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_since.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/lower_lookup.h"

#define MAX_DEPTH 200
#define BLOCK ((size_t)64 << 10)

static int compare_known(const void *one, const void *other)
{
	const struct host_known *a = one, *b = other;
	int order = strcmp(a->target, b->target);

	return order ? order : (a->inode > b->inode) - (a->inode < b->inode);
}

static bool is_later(const struct timespec *time, const struct timespec *than)
{
	return time->tv_sec > than->tv_sec ||
	       (time->tv_sec == than->tv_sec && time->tv_nsec > than->tv_nsec);
}

void host_known_sort(struct host_known *known, size_t count)
{
	if (count)
		qsort(known, count, sizeof(*known), compare_known);
}

bool host_is_changed(const struct host_since *since, const struct stat *status)
{
	const struct host_known wanted = { .target = since->target, .inode = status->st_ino };
	size_t low = 0, high = since->known_count;

	if (!is_later(&status->st_ctim, &since->time))
		return false;
	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_known(&since->known[middle], &wanted) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	/* several commits may have touched it */
	for (; low < since->known_count && !compare_known(&since->known[low], &wanted); low++) {
		const struct host_known *known = &since->known[low];

		if (!is_later(&status->st_ctim, &known->time) &&
		    (!known->seen || journal_is_same(known->seen, status)))
			return false;
	}
	return true;
}

static int changed_in(const struct host_since *since, int parent, const char *name, unsigned depth,
		      struct error *err)
{
	cleanup_fd int fd =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC);
	cleanup_dir DIR *dir = NULL;
	struct dirent *entry;

	if (depth > MAX_DEPTH)
		return 1;
	if (fd < 0 && errno == EPERM) /* not ours: its time of access is the price */
		fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 1 : fail_errno(err, "open %s", name);
	dir = fdopendir(fd);
	if (!dir)
		return fail_errno(err, "read %s", name);
	fd = dirfd(dir);
	while (errno = 0, entry = readdir(dir)) {
		struct stat status;
		int changed;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		    host_is_changed(since, &status)) {
			changed = 1;
		} else {
			changed = S_ISDIR(status.st_mode)
					  ? changed_in(since, fd, entry->d_name, depth + 1, err)
					  : 0;
		}
		if (changed) {
			take_fd(&fd);
			return changed < 0 ? fail_in(err, "%s", name) : 1;
		}
	}
	take_fd(&fd); /* closed with dir */
	return errno ? fail_errno(err, "read %s", name) : 0;
}

int host_is_changed_below(const struct host_since *since, int dir, const char *name,
			  const struct stat *status, struct error *err)
{
	if (host_is_changed(since, status))
		return 1;
	return S_ISDIR(status->st_mode) ? changed_in(since, dir, name, 1, err) : 0;
}

/* Equality ----------------------------------------------------------------------------------- */

static ssize_t read_block(int fd, char *buffer)
{
	size_t used = 0;

	while (used < BLOCK) {
		ssize_t got = read(fd, buffer + used, BLOCK - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

static int equal_content(const struct diff_entry *entry, int dir, const char *name,
			 struct error *err)
{
	const int flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	cleanup_fd int one = openat(entry->data_parent, entry->data_name, flags);
	cleanup_fd int other = openat(dir, name, flags);
	char *buffer;
	ssize_t got, same;
	int equal = -1;

	if (one < 0 || other < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open %s", entry->path);
	buffer = malloc(2 * BLOCK);
	if (!buffer)
		return fail(err, ENOMEM, "out of memory");
	do {
		got = read_block(one, buffer);
		same = got < 0 ? -1 : read_block(other, buffer + BLOCK);
		if (same < 0) {
			fail_errno(err, "read %s", entry->path);
			goto done;
		}
		if (got != same || memcmp(buffer, buffer + BLOCK, (size_t)got) != 0) {
			equal = 0;
			goto done;
		}
	} while (got == (ssize_t)BLOCK);
	equal = 1;
done:
	free(buffer);
	return equal;
}

static int equal_links(const struct diff_entry *entry, int dir, const char *name)
{
	char one[PATH_MAX], other[PATH_MAX];
	ssize_t length = readlinkat(entry->parent, entry->name, one, sizeof(one));

	return length >= 0 && readlinkat(dir, name, other, sizeof(other)) == length &&
	       !memcmp(one, other, (size_t)length);
}

static int equal_xattrs(const struct diff_entry *entry, int dir, const char *name,
			struct error *err)
{
	struct xattrs xattrs = { 0 };
	int equal = xattrs_read_at(&xattrs, dir, name, err);

	if (equal == 0) {
		marks_drop(&xattrs);
		equal = xattrs_equal(entry->xattrs, &xattrs);
	}
	xattrs_free(&xattrs);
	return equal;
}

int host_is_equal(const struct diff_entry *entry, int dir, const char *name,
		  const struct stat *status, struct error *err)
{
	const struct stat *wanted = &entry->status;
	mode_t kind = wanted->st_mode & S_IFMT;
	int equal;

	if (entry->kind == DIFF_DELETED || kind == S_IFDIR || wanted->st_mode != status->st_mode ||
	    wanted->st_uid != status->st_uid || wanted->st_gid != status->st_gid)
		return 0;
	if ((kind == S_IFREG || kind == S_IFLNK) && wanted->st_size != status->st_size)
		return 0;
	if ((kind == S_IFCHR || kind == S_IFBLK) && wanted->st_rdev != status->st_rdev)
		return 0;
	equal = equal_xattrs(entry, dir, name, err);
	if (equal <= 0)
		return equal;
	if (kind == S_IFLNK)
		return equal_links(entry, dir, name);
	return kind == S_IFREG ? equal_content(entry, dir, name, err) : 1;
}

/* Origins ------------------------------------------------------------------------------------ */

/* The value of overlay.origin: a header, the filesystem's uuid, and a handle (fs/overlayfs). */
struct origin {
	uint8_t version, magic, length, flags, type, uuid[16], handle[MAX_HANDLE_SZ];
} __attribute__((packed));

#define ORIGIN_MAGIC 0xfb

/* Opens what the entry was copied up from. 0: it was not copied up; -1 with errno. */
static int open_origin(const struct diff_entry *entry, bool user_xattr, int dir, int *fd)
{
	union {
		struct file_handle handle;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} place;
	struct origin origin;
	char path[NAME_MAX + 64];
	ssize_t size;
	size_t bytes;

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", entry->parent, entry->name);
	size = lgetxattr(path, user_xattr ? "user.overlay.origin" : "trusted.overlay.origin",
			 &origin, sizeof(origin));
	if (size <= (ssize_t)offsetof(struct origin, handle) || origin.magic != ORIGIN_MAGIC ||
	    origin.length != size)
		return 0;
	bytes = (size_t)size - offsetof(struct origin, handle);
	place.handle.handle_bytes = (unsigned)bytes;
	place.handle.handle_type = origin.type;
	memcpy(place.handle.f_handle, origin.handle, bytes);
	*fd = open_by_handle_at(dir, &place.handle, O_PATH | O_CLOEXEC);
	return *fd < 0 ? -1 : 1;
}

bool host_has_lost(const struct host_since *since, const struct diff_entry *entry, bool user_xattr,
		   int dir)
{
	cleanup_fd int origin = -1;
	struct stat status;
	int copied_up;

	/* nothing went from this directory */
	if (fstat(dir, &status) == 0 && !host_is_changed(since, &status))
		return false;
	copied_up = open_origin(entry, user_xattr, dir, &origin);
	if (copied_up <= 0)
		/* ESTALE: gone. Who may not ask (a user) has to assume it. */
		return copied_up < 0;
	/* it lives: elsewhere, if the container has renamed its copy, or if the host has */
	return fstat(origin, &status) < 0 || host_is_changed(since, &status);
}
