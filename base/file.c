/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"

/* Kernel files say that they are empty, so reading starts with this much. */
#define FIRST_READ 4096

static ssize_t read_retry(int fd, void *buffer, size_t size)
{
	ssize_t got;

	do
		got = read(fd, buffer, size);
	while (got < 0 && errno == EINTR);
	return got;
}

struct reading {
	const char *name;
	size_t room; /* so much is expected, and one byte */
	size_t limit;
	size_t whole; /* a file of this size: its end needs no read of its own; 0: not known */
};

static int read_to_end(int fd, const struct reading *reading, struct arena *arena, char **text,
		       size_t *size, struct error *err)
{
	size_t room = reading->room;
	char *buffer = arena_alloc(arena, room + 1);
	size_t used = 0;

	for (;;) {
		ssize_t got = read_retry(fd, buffer + used, room - used);

		if (got < 0)
			return fail_errno(err, "read %s", reading->name);
		if (got == 0)
			break;
		used += (size_t)got;
		if (used > reading->limit)
			return fail(err, EFBIG, "%s: more than %zu bytes", reading->name,
				    reading->limit);
		/* there was room for more: it has not grown meanwhile */
		if (used == reading->whole)
			break;
		if (used == room) {
			char *larger = arena_alloc(arena, 2 * room + 1);

			memcpy(larger, buffer, used);
			buffer = larger;
			room *= 2;
		}
	}
	buffer[used] = '\0';
	*text = buffer;
	if (size)
		*size = used;
	return 0;
}

int file_read_fd(int fd, const char *name, size_t limit, struct arena *arena, char **text,
		 size_t *size, struct error *err)
{
	struct stat status;
	size_t room;

	if (fstat(fd, &status) < 0)
		return fail_errno(err, "%s", name);
	if (S_ISDIR(status.st_mode))
		return fail(err, EISDIR, "%s: is a directory", name);
	if (!S_ISREG(status.st_mode))
		return fail(err, EINVAL, "%s: not a regular file", name);
	if (status.st_size > 0 && (size_t)status.st_size > limit)
		return fail(err, EFBIG, "%s: %lld bytes are too many (at most %zu)", name,
			    (long long)status.st_size, limit);
	room = status.st_size > 0 ? (size_t)status.st_size + 1 : FIRST_READ;
	return read_to_end(fd, &(struct reading){ name, room, limit, (size_t)status.st_size },
			   arena, text, size, err);
}

int file_read_stream(int fd, const char *name, size_t limit, struct arena *arena, char **text,
		     size_t *size, struct error *err)
{
	return read_to_end(fd, &(struct reading){ name, FIRST_READ, limit, 0 }, arena, text, size,
			   err);
}

int file_read_at(int dirfd, const char *path, size_t limit, struct arena *arena, char **text,
		 size_t *size, struct error *err)
{
	/* O_NONBLOCK: opening a FIFO returns at once; it is refused then */
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "%s", path);
	return file_read_fd(fd, path, limit, arena, text, size, err);
}

ssize_t file_read_short_at(int dirfd, const char *path, char *buffer, size_t size,
			   struct error *err)
{
	cleanup_fd int fd = openat(dirfd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	size_t used = 0;

	if (fd < 0)
		return fail_errno(err, "%s", path);
	for (;;) {
		ssize_t got = read_retry(fd, buffer + used, size - 1 - used);

		if (got < 0)
			return fail_errno(err, "read %s", path);
		used += (size_t)got;
		/* the kernel gives all of such a file at once */
		if (got == 0 || used == size - 1 || buffer[used - 1] == '\n')
			break;
	}
	if (used && buffer[used - 1] == '\n')
		used--;
	buffer[used] = '\0';
	return (ssize_t)used;
}

int file_write_at(int dirfd, const char *path, const char *text, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
	size_t size = strlen(text);
	ssize_t written;

	if (fd < 0)
		return fail_errno(err, "open %s", path);
	do
		written = write(fd, text, size);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		return fail_errno(err, "write '%.100s' to %s", text, path);
	if ((size_t)written != size)
		return fail(err, EIO, "write %s: %zd of %zu bytes were taken", path, written, size);
	return 0;
}

int write_all(int fd, const void *data, size_t size, struct error *err)
{
	const char *rest = data;

	while (size) {
		ssize_t written = write(fd, rest, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return fail_errno(err, "write");
		rest += written;
		size -= (size_t)written;
	}
	return 0;
}

int file_sync_parent_at(int dirfd, const char *name, struct error *err)
{
	char dir[4096];
	const char *slash = strrchr(name, '/');
	cleanup_fd int fd = -1;

	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - name) + 1 : 1, slash ? name : ".");
	fd = openat(dirfd, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fsync(fd) < 0)
		return fail_errno(err, "sync directory %s", dir);
	return 0;
}

#define REPLACEMENT ".tmp."

bool file_is_replacement(const char *name)
{
	const char *mark = strstr(name, REPLACEMENT);

	return mark && mark > name &&
	       strspn(mark + strlen(REPLACEMENT), "0123456789.") ==
		       strlen(mark + strlen(REPLACEMENT));
}

int file_begin_at(int dirfd, const char *name, mode_t mode, char *temporary, size_t room,
		  struct error *err)
{
	static atomic_uint counter;
	int fd;

	do {
		/* taken: a ctr that was killed had the same pid */
		if (snprintf(temporary, room, "%s" REPLACEMENT "%d.%u", name, (int)getpid(),
			     atomic_fetch_add(&counter, 1)) >= (int)room)
			return fail(err, ENAMETOOLONG, "%s", name);
		fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			    mode);
	} while (fd < 0 && errno == EEXIST);
	return fd < 0 ? fail_errno(err, "create %s", temporary) : fd;
}

int file_replace_at(int dirfd, const char *name, const void *data, size_t size, mode_t mode,
		    bool durable, struct error *err)
{
	char temporary[4096];
	cleanup_fd int fd = file_begin_at(dirfd, name, mode, temporary, sizeof(temporary), err);

	if (fd < 0)
		return -1;
	if (write_all(fd, data, size, err) < 0)
		fail_in(err, "%s", temporary);
	else if (durable && fsync(fd) < 0)
		fail_errno(err, "sync %s", temporary);
	else if (renameat(dirfd, temporary, dirfd, name) < 0)
		fail_errno(err, "rename %s to %s", temporary, name);
	else
		return durable ? file_sync_parent_at(dirfd, name, err) : 0;
	unlinkat(dirfd, temporary, 0);
	return -1;
}

/*
 * Empties the directory that *dir reads. Depth is bounded by descriptors, so that a tree deeper
 * than MAX_DEPTH is flattened first: a directory found there is renamed up to the top.
 */
#define MAX_DEPTH 64
#define ENTRIES_ROOM 2048 /* bytes, of each level */

/* A writer in the tree is about to end (the monitor of a killed container, which says so there). */
#define MAX_TRIES 100

/*
 * Who may set the flags immutable or append-only may remove the file all the same. Only files and
 * directories are opened: opening a device alone may do things, and the tree may be a container's.
 */
static int clear_flags(int dirfd, const char *name)
{
	cleanup_fd int place = openat(dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int fd = -1;
	struct stat status;
	char path[32];
	int flags;

	if (place < 0 || fstat(place, &status) < 0 ||
	    !(S_ISREG(status.st_mode) || S_ISDIR(status.st_mode)))
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", place);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, FS_IOC_GETFLAGS, &flags) < 0 ||
	    !(flags & (FS_IMMUTABLE_FL | FS_APPEND_FL)))
		return -1;
	flags &= ~(FS_IMMUTABLE_FL | FS_APPEND_FL);
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

/* unlinkat(2); of what is protected by such flags, or is in a directory that is. */
static int remove_entry(int dirfd, const char *name, int flags)
{
	int errnum;

	if (unlinkat(dirfd, name, flags) == 0)
		return 0;
	errnum = errno;
	if (errnum == EPERM && clear_flags(dirfd, ".") + clear_flags(dirfd, name) > -2)
		return unlinkat(dirfd, name, flags);
	errno = errnum;
	return -1;
}

/* An interrupted removal may have left the names of an earlier one in top. */
static int move_up(int fd, const char *name, int top, unsigned *moved)
{
	char unused[32];
	int result;

	do {
		snprintf(unused, sizeof(unused), ".removed.%u", (*moved)++);
		result = renameat(fd, name, top, unused);
	} while (result < 0 && (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR));
	return result;
}

/* A directory's entries, without the descriptor's copy and the memory that readdir(3) takes. */
struct entries {
	int fd;
	long used, at;
	char bytes[ENTRIES_ROOM] __attribute__((aligned(8)));
};

/* The next one but "." and ".."; NULL at the end, errno is 0 then. */
static const struct dirent *next_entry(struct entries *entries)
{
	for (;;) {
		const struct dirent *entry;

		if (entries->at == entries->used) {
			errno = 0;
			entries->at = 0;
			entries->used =
				sys_getdents(entries->fd, entries->bytes, sizeof(entries->bytes));
			if (entries->used <= 0) {
				/* somebody else has removed the directory meanwhile: so is its end */
				if (entries->used < 0 && errno == ENOENT)
					errno = 0;
				entries->used = 0;
				return NULL;
			}
		}
		entry = (const struct dirent *)(entries->bytes + entries->at);
		entries->at += entry->d_reclen;
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			return entry;
	}
}

static int empty_dir(int top, int fd, int depth, unsigned *moved, struct error *err)
{
	struct entries entries;
	const struct dirent *entry;

	entries.fd = fd;
	entries.used = entries.at = 0;
	while ((entry = next_entry(&entries))) {
		const char *name = entry->d_name;

		if (entry->d_type != DT_DIR) {
			if (remove_entry(fd, name, 0) == 0 || errno == ENOENT)
				continue;
			if (errno != EISDIR && errno != EPERM)
				return fail_errno(err, "remove %s", name);
		}
		if (remove_entry(fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			continue;
		if (errno != ENOTEMPTY && errno != EEXIST)
			return fail_errno(err, "remove %s", name);
		if (depth == MAX_DEPTH) {
			if (move_up(fd, name, top, moved) < 0)
				return fail_errno(err, "move %s", name);
			continue;
		}
		{
			cleanup_fd int below =
				openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

			if (below < 0)
				return fail_errno(err, "open %s", name);
			if (empty_dir(top, below, depth + 1, moved, err) < 0)
				return fail_in(err, "%s", name);
		}
		if (remove_entry(fd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
			return fail_errno(err, "remove %s", name);
	}
	return errno ? fail_errno(err, "read a directory") : 0;
}

/* The directory above is not the tree's: its flags are somebody's will. */
static int remove_top(int dirfd, const char *path)
{
	int errnum;

	if (unlinkat(dirfd, path, 0) == 0)
		return 0;
	errnum = errno;
	if (errnum == EPERM && clear_flags(dirfd, path) == 0)
		return unlinkat(dirfd, path, 0);
	errno = errnum;
	return -1;
}

int remove_tree_at(int dirfd, const char *path, struct error *err)
{
	cleanup_fd int fd = -1;
	unsigned moved = 0, before;

	if (remove_top(dirfd, path) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return fail_errno(err, "remove %s", path);
	if (unlinkat(dirfd, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != ENOTEMPTY && errno != EEXIST)
		return fail_errno(err, "remove %s", path);
	fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open %s", path);
	/* Again while deeper parts were moved up to the top, or somebody still wrote there. */
	for (int tries = 0; tries < MAX_TRIES; tries += moved == before) {
		before = moved;
		if (lseek(fd, 0, SEEK_SET) < 0 || empty_dir(fd, fd, 0, &moved, err) < 0)
			return fail_in(err, "remove %s", path);
		if (unlinkat(dirfd, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != ENOTEMPTY && errno != EEXIST)
			break;
	}
	return fail_errno(err, "remove %s", path);
}
