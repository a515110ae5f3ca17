/* SPDX-License-Identifier: Apache-2.0 */
#include "net/attachment.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"

#define FOLDER "attachments"
#define PENDING "pending"
#define SUFFIX ".json"
#define SPARES 8
/*
 * The size of a spare record that is used again: not 0, as ext4 writes a file that was cut to nothing
 * to the disk when it is closed (auto_da_alloc).
 */
#define EMPTY 1

static const char *record_path(char path[PATH_MAX], const char *id)
{
	snprintf(path, PATH_MAX, FOLDER "/%s" SUFFIX, id);
	return path;
}

static const char *pending_path(char path[PATH_MAX], const char *id)
{
	snprintf(path, PATH_MAX, PENDING "/%s", id);
	return path;
}

void attachment_close(struct attachment_file *file)
{
	close_fd(&file->fd);
}

static int lock(int fd, int operation)
{
	int result;

	do
		result = flock(fd, operation);
	while (result < 0 && errno == EINTR);
	return result;
}

/* Whether the locked file is still the one at path: whoever had the lock may have removed it. */
static bool is_at(int store, const char *path, int fd)
{
	struct stat ours, there;

	return fstat(fd, &ours) == 0 && fstatat(store, path, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
}

/*
 * Records that are gone, for those to come: one that is renamed costs less than a new one, see
 * net/owned_link.h. Only who has one locked takes it.
 */
static const char *spare_path(char path[PATH_MAX], unsigned int number)
{
	snprintf(path, PATH_MAX, ".spare-%u", number);
	return path;
}

static int take_spare(int store, const char *path, struct attachment_file *file)
{
	for (unsigned int i = 0; i < SPARES; i++) {
		char spare[PATH_MAX];
		cleanup_fd int fd =
			openat(store, spare_path(spare, i), O_RDWR | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 || !is_at(store, spare, fd) ||
		    ftruncate(fd, EMPTY) < 0 ||
		    renameat2(store, spare, store, path, RENAME_NOREPLACE) < 0)
			continue;
		file->fd = take_fd(&fd);
		return 0;
	}
	return -1;
}

int attachment_begin(int store, const char *id, struct attachment_file *file, struct error *err)
{
	char path[PATH_MAX];

	pending_path(path, id);
	if (take_spare(store, path, file) == 0)
		return 0;
	for (;;) {
		cleanup_fd int fd =
			openat(store, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

		if (fd < 0)
			return fail_errno(err, "create %s", path);
		if (lock(fd, LOCK_EX) < 0)
			return fail_errno(err, "lock %s", path);
		/* a sweep may have been quicker than our lock and taken it for a dead one's */
		if (!is_at(store, path, fd))
			continue;
		file->fd = take_fd(&fd);
		return 0;
	}
}

int attachment_write(const struct attachment_file *file, struct arena *arena,
		     const struct network_attachment *attachment, struct error *err)
{
	size_t size;
	const char *text = network_attachment_encode(arena, attachment, &size);
	ssize_t written = pwrite(file->fd, text, size, 0);

	if (written < 0)
		return fail_errno(err, "write the record of %s", attachment->id);
	if ((size_t)written != size)
		return fail(err, ENOSPC, "write the record of %s", attachment->id);
	if (ftruncate(file->fd, (off_t)size) < 0)
		return fail_errno(err, "cut the record of %s", attachment->id);
	return 0;
}

int attachment_keep(int store, const char *id, struct error *err)
{
	char from[PATH_MAX], to[PATH_MAX];

	if (renameat(store, pending_path(from, id), store, record_path(to, id)) < 0)
		return fail_errno(err, "rename %s to %s", from, to);
	return 0;
}

static int open_locked(int store, const char *path, enum attachment_lock how,
		       struct attachment_file *file, struct error *err)
{
	int operation = how == ATTACHMENT_TRY ? LOCK_EX | LOCK_NB : LOCK_EX;

	for (;;) {
		cleanup_fd int fd = openat(store, path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0)
			return fail_errno(err, "open %s", path);
		if (lock(fd, operation) < 0)
			return fail_errno(err, "lock %s", path);
		if (!is_at(store, path, fd))
			continue;
		file->fd = take_fd(&fd);
		return 0;
	}
}

int attachment_open(int store, const char *id, enum attachment_lock how,
		    struct attachment_file *file, struct error *err)
{
	char path[PATH_MAX];

	return open_locked(store, record_path(path, id), how, file, err);
}

int attachment_open_pending(int store, const char *id, enum attachment_lock how,
			    struct attachment_file *file, struct error *err)
{
	char path[PATH_MAX];

	return open_locked(store, pending_path(path, id), how, file, err);
}

static int load(int fd, struct arena *arena, const char *path, const char *id,
		struct network_attachment *attachment, struct error *err)
{
	size_t size;
	char *text;

	if (file_read_fd(fd, path, NETWORK_DOCUMENT_MAX_SIZE, arena, &text, &size, err) < 0)
		return -1;
	if (size <= EMPTY) {
		*attachment = (struct network_attachment){ .id = arena_strdup(arena, id) };
		return 0;
	}
	if (network_attachment_decode(arena, path, text, size, attachment, err) < 0)
		return -1;
	/* read without a lock: it was another's by then */
	if (strcmp(attachment->id, id) != 0)
		return fail(err, ENOENT, "%s: has just gone", path);
	return 0;
}

int attachment_load(const struct attachment_file *file, struct arena *arena, const char *id,
		    struct network_attachment *attachment, struct error *err)
{
	if (lseek(file->fd, 0, SEEK_SET) < 0)
		return fail_errno(err, "rewind the record of %s", id);
	return load(file->fd, arena, id, id, attachment, err);
}

static int read_record(int store, const char *path, struct arena *arena, const char *id,
		       struct network_attachment *attachment, struct error *err)
{
	cleanup_fd int fd = openat(store, path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "open %s", path);
	return load(fd, arena, path, id, attachment, err);
}

int attachment_read(int store, struct arena *arena, const char *id,
		    struct network_attachment *attachment, struct error *err)
{
	char path[PATH_MAX];

	return read_record(store, record_path(path, id), arena, id, attachment, err);
}

int attachment_read_pending(int store, struct arena *arena, const char *id,
			    struct network_attachment *attachment, struct error *err)
{
	char path[PATH_MAX];

	return read_record(store, pending_path(path, id), arena, id, attachment, err);
}

int attachment_replace(int store, struct attachment_file *file, struct arena *arena,
		       const struct network_attachment *attachment, struct error *err)
{
	char path[PATH_MAX], temporary[PATH_MAX];
	struct attachment_file next = ATTACHMENT_FILE_NONE;

	record_path(path, attachment->id);
	next.fd = file_begin_at(store, path, 0600, temporary, sizeof(temporary), err);
	if (next.fd < 0)
		return -1;
	if (lock(next.fd, LOCK_EX) < 0)
		fail_errno(err, "lock %s", temporary);
	else if (attachment_write(&next, arena, attachment, err) < 0)
		;
	else if (renameat(store, temporary, store, path) < 0)
		fail_errno(err, "rename %s to %s", temporary, path);
	else {
		attachment_close(file);
		*file = next;
		return 0;
	}
	unlinkat(store, temporary, 0);
	attachment_close(&next);
	return -1;
}

/* One that somebody has leases by, those of a network that came later, is no spare one. */
static int remove_file(int store, const char *path, struct error *err)
{
	char spare[PATH_MAX];
	struct stat status;

	if (fstatat(store, path, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_nlink == 1)
		for (unsigned int i = 0; i < SPARES; i++)
			if (renameat2(store, path, store, spare_path(spare, i), RENAME_NOREPLACE) ==
			    0)
				return 0;
	if (unlinkat(store, path, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "remove %s", path);
	return 0;
}

int attachment_remove(int store, const char *id, struct error *err)
{
	char path[PATH_MAX];

	return remove_file(store, record_path(path, id), err);
}

int attachment_remove_pending(int store, const char *id, struct error *err)
{
	char path[PATH_MAX];

	return remove_file(store, pending_path(path, id), err);
}

/* The names in a folder that end as given, without that end. */
static int list(int store, const char *folder, const char *suffix, struct arena *arena,
		struct string_list *ids, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(store, folder, err);
	size_t end = strlen(suffix), room = 0;

	*ids = (struct string_list){ 0 };
	if (!dir)
		return -1;
	for (struct dirent *entry; (entry = readdir(dir));) {
		size_t length = strlen(entry->d_name);

		if (entry->d_name[0] == '.' || length <= end ||
		    strcmp(entry->d_name + length - end, suffix) != 0)
			continue;
		if (ids->count + 1 >= room) {
			char **items = arena_array(arena, char *, room = 2 * room + 16);

			if (ids->count)
				memcpy(items, ids->items, ids->count * sizeof(*items));
			ids->items = items;
		}
		ids->items[ids->count++] = arena_strndup(arena, entry->d_name, length - end);
	}
	return 0;
}

int attachment_list(int store, struct arena *arena, struct string_list *ids, struct error *err)
{
	return list(store, FOLDER, SUFFIX, arena, ids, err);
}

int attachment_list_pending(int store, struct arena *arena, struct string_list *ids,
			    struct error *err)
{
	return list(store, PENDING, "", arena, ids, err);
}

int attachment_remove_temporary(int store, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(store, FOLDER, err);

	if (!dir)
		return -1;
	for (struct dirent *entry; (entry = readdir(dir));) {
		cleanup_fd int fd = -1;

		if (!file_is_replacement(entry->d_name))
			continue;
		fd = openat(dirfd(dir), entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
			unlinkat(dirfd(dir), entry->d_name, 0);
	}
	return 0;
}

const struct network_endpoint *attachment_publisher(const struct network_attachment *attachment)
{
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (attachment->endpoints.items[i].host_interface)
			return &attachment->endpoints.items[i];
	return NULL;
}
