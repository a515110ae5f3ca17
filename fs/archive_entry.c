/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/archive_entry.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"

#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

static int map_owner(const struct spec_id_mappings *mappings, uint32_t id, uint32_t *mapped)
{
	if (!mappings || !mappings->count) {
		*mapped = id;
		return 0;
	}
	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *range = &mappings->items[i];

		if (id < range->host_id || id - range->host_id >= range->size)
			continue;
		*mapped = range->container_id + (id - range->host_id);
		return 0;
	}
	return -1;
}

/*
 * The name in the archive: relative, directories with a slash behind them as tar(1) has it. Valid
 * until the next one; NULL without memory.
 */
static const char *archived_name(struct archive_stream *stream, const char *path,
				 const char *prefix, const char *suffix, struct error *err)
{
	size_t length = strlen(path), before = strlen(prefix), behind = strlen(suffix);
	size_t needed = length + before + behind + 1;
	const char *last = strrchr(path, '/') + 1;
	char *at;

	if (needed > stream->name_room) {
		char *larger = realloc(stream->name, 2 * needed);

		if (!larger) {
			fail(err, ENOMEM, "archive: out of memory");
			return NULL;
		}
		stream->name = larger;
		stream->name_room = 2 * needed;
	}
	at = mempcpy(stream->name, path + 1, (size_t)(last - path) - 1);
	at = mempcpy(at, prefix, before);
	at = mempcpy(at, last, length - (size_t)(last - path));
	memcpy(at, suffix, behind + 1);
	return stream->name;
}

static int begin_entry(struct archive_stream *stream, struct tar_entry *entry, struct error *err)
{
	if (!entry->path)
		return -1;
	stream->result->entries++;
	return tar_begin(&stream->tar, entry, err);
}

/* An empty file of a name that means something to those who unpack. */
static int write_mark(struct archive_stream *stream, const char *name, struct error *err)
{
	struct tar_entry entry = { .path = name, .mode = S_IFREG | 0600 };

	return begin_entry(stream, &entry, err);
}

static int set_metadata(const struct archive_stream *stream, const struct diff_entry *from,
			struct tar_entry *entry, struct error *err)
{
	const struct stat *status = &from->status;

	if (map_owner(stream->options->uids, status->st_uid, &entry->uid) < 0 ||
	    map_owner(stream->options->gids, status->st_gid, &entry->gid) < 0)
		return fail(err, EOVERFLOW, "archive %s: its owner %u:%u is not mapped", from->path,
			    status->st_uid, status->st_gid);
	entry->mode = status->st_mode;
	entry->mtime = status->st_mtim;
	entry->device = status->st_rdev;
	entry->xattrs = from->xattrs;
	return 0;
}

static int write_directory(struct archive_stream *stream, const struct diff_entry *from,
			   struct error *err)
{
	bool root = !strcmp(from->path, "/");
	struct tar_entry entry = {
		.path = root ? "./" : archived_name(stream, from->path, "", "/", err),
	};

	if (set_metadata(stream, from, &entry, err) < 0 || begin_entry(stream, &entry, err) < 0)
		return -1;
	if (!stream->is_layer || !from->opaque)
		return 0;
	/* first of all that is in it: some empty the directory when they meet it */
	return write_mark(stream,
			  root ? OPAQUE : archived_name(stream, from->path, "", "/" OPAQUE, err),
			  err);
}

static int write_link(struct archive_stream *stream, const struct diff_entry *from,
		      struct error *err)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from->parent, from->name, target, sizeof(target));
	struct tar_entry entry = { .link = target };

	if (length < 0 && (errno == ENOENT || errno == EINVAL))
		return 0; /* gone or replaced meanwhile */
	if (length < 0 || length == sizeof(target))
		return fail_errno(err, "read link %s", from->path);
	target[length] = '\0';
	entry.path = archived_name(stream, from->path, "", "", err);
	return set_metadata(stream, from, &entry, err) < 0 ? -1 : begin_entry(stream, &entry, err);
}

/* FIFOs and devices. */
static int write_node(struct archive_stream *stream, const struct diff_entry *from,
		      struct error *err)
{
	struct tar_entry entry = { .path = archived_name(stream, from->path, "", "", err) };

	return set_metadata(stream, from, &entry, err) < 0 ? -1 : begin_entry(stream, &entry, err);
}

/* Returns 1 if the file was archived under another name before, and writes a hard link then. */
static int write_hard_link(struct archive_stream *stream, const struct diff_entry *from,
			   struct error *err)
{
	const char *name = archived_name(stream, from->path, "", "", err);
	struct tar_entry entry = { .path = name, .hard_link = true };

	if (!name)
		return -1;
	entry.link = inode_map_get(&stream->links, from->status.st_dev, from->status.st_ino);
	if (!entry.link)
		return inode_map_put(&stream->links, from->status.st_dev, from->status.st_ino,
				     arena_strdup(&stream->arena, name), err);
	if (set_metadata(stream, from, &entry, err) < 0)
		return -1;
	entry.xattrs = NULL; /* only the first one carries content and attributes */
	return begin_entry(stream, &entry, err) < 0 ? -1 : 1;
}

static int write_content(struct archive_stream *stream, const struct diff_entry *from, int fd,
			 const struct stat *now, struct error *err)
{
	struct tar_entry entry = { .size = (uint64_t)now->st_size };

	if (from->status.st_nlink > 1) {
		int done = write_hard_link(stream, from, err);

		if (done)
			return done < 0 ? -1 : 0;
	}
	entry.path = archived_name(stream, from->path, "", "", err);
	if (set_metadata(stream, from, &entry, err) < 0 ||
	    archive_content_parts(stream, fd, now, &entry, err) < 0 ||
	    begin_entry(stream, &entry, err) < 0)
		return -1;
	return archive_content_write(stream, fd, &entry, err);
}

static int write_file(struct archive_stream *stream, const struct diff_entry *from,
		      struct error *err)
{
	cleanup_fd int fd = -1;
	struct stat now;

	if (from->opened)
		return write_content(stream, from, from->content, &from->status, err);
	fd = openat(from->data_parent, from->data_name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO))
		return 0; /* gone or replaced meanwhile */
	if (fd < 0 || fstat(fd, &now) < 0)
		return fail_errno(err, "open %s", from->path);
	return S_ISREG(now.st_mode) ? write_content(stream, from, fd, &now, err) : 0;
}

int archive_entry_write(struct archive_stream *stream, const struct diff_entry *from,
			struct error *err)
{
	const char *last = strrchr(from->path, '/') + 1;

	if (stream->is_layer && !strncmp(last, WHITEOUT, strlen(WHITEOUT))) {
		log_warning("%s: left out of the image, which takes names with .wh. for deletions",
			    from->path);
		stream->result->left_out++;
		return 0;
	}
	if (from->kind == DIFF_DELETED)
		return from->implied
			       ? 0
			       : write_mark(stream,
					    archived_name(stream, from->path, WHITEOUT, "", err),
					    err);
	switch (from->status.st_mode & S_IFMT) {
	case S_IFDIR:
		return write_directory(stream, from, err);
	case S_IFLNK:
		return write_link(stream, from, err);
	case S_IFREG:
		return write_file(stream, from, err);
	case S_IFSOCK:
		stream->result->left_out++;
		return 0;
	default:
		return write_node(stream, from, err);
	}
}
