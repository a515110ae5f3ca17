/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "fs/archive_locale.h"
#include "fs/diff.h"
#include "fs/inode_map.h"

#define BUFFER_SIZE ((size_t)1 << 20)
#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

struct archive_stream {
	const struct archive_options *options;
	struct archive_result *result;
	struct archive *archive;
	struct archive_entry *entry;
	compress_sink *sink;
	void *context;		   /* of the sink */
	bool is_layer;		   /* names that start with .wh. are marks */
	struct digest_state *hash; /* NULL: nobody wants it */
	struct compressor *compressor;
	struct inode_map links; /* files with several names, by inode */
	struct arena arena;	/* their first names */
	struct error error;	/* of the stream below libarchive, which has no struct error */
	bool failed;		/* that stream */
	char *buffer;
	char *name; /* scratch for whiteouts' names */
	size_t name_room;
	struct archive_locale locale;
	bool in_locale;
};

/* The stream below libarchive: hash, compress, store ------------------------------------------ */

static int store_output(void *context, const void *data, size_t size, struct error *err)
{
	return blob_write(context, data, size, err);
}

/*
 * A failure is only noted here and told by check(): libarchive does not free all it has after one
 * that it knows of. What comes after a failure is thrown away.
 */
static la_ssize_t write_stream(struct archive *archive, void *context, const void *data,
			       size_t size)
{
	struct archive_stream *writer = context;

	(void)archive;
	if (writer->failed)
		return (la_ssize_t)size;
	if (writer->hash)
		digest_add(writer->hash, data, size);
	writer->result->size += size;
	progress_add(writer->options->progress, size);
	if (compressor_write(writer->compressor, data, size, &writer->error) < 0)
		writer->failed = true;
	return (la_ssize_t)size;
}

/* libarchive's result for one entry. A warning is about a name that is no UTF-8: stored as is. */
static int check(struct archive_stream *writer, la_ssize_t status, const char *path,
		 struct error *err)
{
	if (writer->failed) {
		*err = writer->error;
		return -1;
	}
	if (status >= ARCHIVE_WARN)
		return 0;
	return fail(err, EIO, "archive %s: %s", path, archive_error_string(writer->archive));
}

/* Metadata ----------------------------------------------------------------------------------- */

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

static int set_metadata(struct archive_stream *writer, const struct diff_entry *from,
			struct error *err)
{
	const struct stat *status = &from->status;
	struct archive_entry *entry = writer->entry;
	uint32_t uid, gid;

	if (map_owner(writer->options->uids, status->st_uid, &uid) < 0 ||
	    map_owner(writer->options->gids, status->st_gid, &gid) < 0)
		return fail(err, EOVERFLOW, "archive %s: its owner %u:%u is not mapped", from->path,
			    status->st_uid, status->st_gid);
	archive_entry_set_mode(entry, status->st_mode);
	archive_entry_set_uid(entry, uid);
	archive_entry_set_gid(entry, gid);
	archive_entry_set_mtime(entry, status->st_mtim.tv_sec, status->st_mtim.tv_nsec);
	if (S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode))
		archive_entry_set_rdev(entry, status->st_rdev);
	for (size_t i = 0; i < from->xattrs->count; i++) {
		const struct xattr *xattr = &from->xattrs->items[i];

		archive_entry_xattr_add_entry(entry, xattr->name, xattr->value, xattr->size);
	}
	return 0;
}

/* The name in the archive: relative, directories with a slash behind them as tar(1) has it. */
static const char *archived_name(struct archive_stream *writer, const char *path,
				 const char *prefix, const char *suffix, struct error *err)
{
	size_t needed = strlen(path) + strlen(prefix) + strlen(suffix) + 3;
	const char *last = strrchr(path, '/') + 1;

	if (needed > writer->name_room) {
		char *larger = realloc(writer->name, 2 * needed);

		if (!larger) {
			fail(err, ENOMEM, "archive: out of memory");
			return NULL;
		}
		writer->name = larger;
		writer->name_room = 2 * needed;
	}
	path++;
	snprintf(writer->name, writer->name_room, "%.*s%s%s%s", (int)(last - path), path, prefix,
		 last, suffix);
	return writer->name;
}

static int begin_entry(struct archive_stream *writer, const char *name)
{
	if (!name)
		return -1;
	archive_entry_clear(writer->entry);
	archive_entry_copy_pathname(writer->entry, name);
	writer->result->entries++;
	return 0;
}

/* Writes an empty file of a name that means something to those who unpack. */
static int write_mark(struct archive_stream *writer, const char *name, const char *path,
		      struct error *err)
{
	if (begin_entry(writer, name) < 0)
		return -1;
	archive_entry_set_mode(writer->entry, S_IFREG | 0600);
	archive_entry_set_mtime(writer->entry, 0, 0);
	archive_entry_set_size(writer->entry, 0);
	return check(writer, archive_write_header(writer->archive, writer->entry), path, err);
}

/* Kinds of entries --------------------------------------------------------------------------- */

static int write_directory(struct archive_stream *writer, const struct diff_entry *from,
			   struct error *err)
{
	bool root = !strcmp(from->path, "/");

	if (begin_entry(writer, root ? "./" : archived_name(writer, from->path, "", "/", err)) <
		    0 ||
	    set_metadata(writer, from, err) < 0 ||
	    check(writer, archive_write_header(writer->archive, writer->entry), from->path, err) <
		    0)
		return -1;
	if (!from->opaque)
		return 0;
	/* first of all that is in it: some empty the directory when they meet it */
	return write_mark(writer,
			  root ? OPAQUE : archived_name(writer, from->path, "", "/" OPAQUE, err),
			  from->path, err);
}

static int write_link(struct archive_stream *writer, const struct diff_entry *from,
		      struct error *err)
{
	char target[PATH_MAX];
	ssize_t length = readlinkat(from->parent, from->name, target, sizeof(target));

	if (length < 0 && (errno == ENOENT || errno == EINVAL))
		return 0; /* gone or replaced meanwhile */
	if (length < 0 || length == sizeof(target))
		return fail_errno(err, "read link %s", from->path);
	target[length] = '\0';
	if (begin_entry(writer, archived_name(writer, from->path, "", "", err)) < 0 ||
	    set_metadata(writer, from, err) < 0)
		return -1;
	archive_entry_copy_symlink(writer->entry, target);
	return check(writer, archive_write_header(writer->archive, writer->entry), from->path, err);
}

/* Tells libarchive which parts of a file are data, so that only those are stored. */
static void find_holes(struct archive_entry *entry, int fd, const struct stat *status)
{
	off_t at = 0;

	if ((off_t)status->st_blocks * 512 >= status->st_size)
		return;
	while (at < status->st_size) {
		off_t data = lseek(fd, at, SEEK_DATA), hole;

		if (data < 0)
			break; /* ENXIO: a hole up to the end */
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0 || hole > status->st_size)
			hole = status->st_size;
		if (data >= hole)
			break;
		archive_entry_sparse_add_entry(entry, data, hole - data);
		at = hole;
	}
	/* a hole only: libarchive takes "no data" for "no holes" unless an empty part says so */
	if (archive_entry_sparse_count(entry) == 0)
		archive_entry_sparse_add_entry(entry, status->st_size, 0);
}

static int write_zeros(struct archive_stream *writer, uint64_t size, const char *path,
		       struct error *err)
{
	memset(writer->buffer, 0, size < BUFFER_SIZE ? (size_t)size : BUFFER_SIZE);
	while (size) {
		size_t piece = size < BUFFER_SIZE ? (size_t)size : BUFFER_SIZE;
		la_ssize_t taken = archive_write_data(writer->archive, writer->buffer, piece);

		if (check(writer, taken, path, err) < 0)
			return -1;
		if (taken == 0)
			break; /* all that the header announced is written */
		size -= (uint64_t)taken;
	}
	return 0;
}

/*
 * Hands one part of a file to libarchive, which skips the holes that it was told of: we need not
 * even read them. Returns false when the file ended before.
 */
static int write_part(struct archive_stream *writer, int fd, off_t begin, off_t end,
		      const char *path, bool *ended, struct error *err)
{
	while (begin < end) {
		size_t piece = end - begin < (off_t)BUFFER_SIZE ? (size_t)(end - begin)
								: BUFFER_SIZE;
		ssize_t got = pread(fd, writer->buffer, piece, begin);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(err, "read %s", path);
		if (got == 0) {
			*ended = true;
			return write_zeros(writer, (uint64_t)(end - begin), path, err);
		}
		if (check(writer, archive_write_data(writer->archive, writer->buffer, (size_t)got),
			  path, err) < 0)
			return -1;
		begin += got;
	}
	return 0;
}

static int write_content(struct archive_stream *writer, int fd, off_t size, const char *path,
			 struct error *err)
{
	bool ended = false;
	off_t at = 0;
	la_int64_t data, length;

	if (archive_entry_sparse_reset(writer->entry) == 0)
		return write_part(writer, fd, 0, size, path, &ended, err);
	while (archive_entry_sparse_next(writer->entry, &data, &length) == ARCHIVE_OK) {
		if (write_zeros(writer, (uint64_t)(data - at), path, err) < 0)
			return -1;
		if (ended ? write_zeros(writer, (uint64_t)length, path, err) < 0
			  : write_part(writer, fd, data, data + length, path, &ended, err) < 0)
			return -1;
		at = data + length;
	}
	return write_zeros(writer, (uint64_t)(size - at), path, err);
}

/* Returns 1 if the file was archived under another name before, and writes a hard link then. */
static int write_hard_link(struct archive_stream *writer, const struct diff_entry *from,
			   struct error *err)
{
	const char *name = archived_name(writer, from->path, "", "", err);
	const char *first;

	if (!name)
		return -1;
	first = inode_map_get(&writer->links, from->status.st_dev, from->status.st_ino);
	if (!first)
		return inode_map_put(&writer->links, from->status.st_dev, from->status.st_ino,
				     arena_strdup(&writer->arena, name), err);
	if (begin_entry(writer, name) < 0 || set_metadata(writer, from, err) < 0)
		return -1;
	/* only the first one carries content and attributes */
	archive_entry_xattr_clear(writer->entry);
	archive_entry_copy_hardlink(writer->entry, first);
	archive_entry_set_size(writer->entry, 0);
	return check(writer, archive_write_header(writer->archive, writer->entry), from->path,
		     err) < 0
		       ? -1
		       : 1;
}

static int write_file(struct archive_stream *writer, const struct diff_entry *from,
		      struct error *err)
{
	cleanup_fd int fd = openat(from->data_parent, from->data_name,
				   O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct diff_entry now = *from;

	if (fd < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO))
		return 0; /* gone or replaced meanwhile */
	if (fd < 0 || fstat(fd, &now.status) < 0)
		return fail_errno(err, "open %s", from->path);
	if (!S_ISREG(now.status.st_mode))
		return 0;
	if (from->status.st_nlink > 1) {
		int done = write_hard_link(writer, from, err);

		if (done)
			return done < 0 ? -1 : 0;
	}
	if (begin_entry(writer, archived_name(writer, from->path, "", "", err)) < 0 ||
	    set_metadata(writer, from, err) < 0)
		return -1;
	archive_entry_set_size(writer->entry, now.status.st_size);
	find_holes(writer->entry, fd, &now.status);
	if (check(writer, archive_write_header(writer->archive, writer->entry), from->path, err) <
	    0)
		return -1;
	return write_content(writer, fd, now.status.st_size, from->path, err);
}

/* FIFOs and devices. */
static int write_node(struct archive_stream *writer, const struct diff_entry *from,
		      struct error *err)
{
	if (begin_entry(writer, archived_name(writer, from->path, "", "", err)) < 0 ||
	    set_metadata(writer, from, err) < 0)
		return -1;
	return check(writer, archive_write_header(writer->archive, writer->entry), from->path, err);
}

static int write_entry(const struct diff_entry *from, void *context, struct error *err)
{
	struct archive_stream *writer = context;
	const char *last = strrchr(from->path, '/') + 1;

	if (writer->is_layer && !strncmp(last, WHITEOUT, strlen(WHITEOUT))) {
		log_warning("%s: left out of the image, which takes names with .wh. for deletions",
			    from->path);
		writer->result->left_out++;
		return 0;
	}
	if (from->kind == DIFF_DELETED)
		return from->implied
			       ? 0
			       : write_mark(writer,
					    archived_name(writer, from->path, WHITEOUT, "", err),
					    from->path, err);
	switch (from->status.st_mode & S_IFMT) {
	case S_IFDIR:
		return write_directory(writer, from, err);
	case S_IFLNK:
		return write_link(writer, from, err);
	case S_IFREG:
		return write_file(writer, from, err);
	case S_IFSOCK:
		writer->result->left_out++;
		return 0;
	default:
		return write_node(writer, from, err);
	}
}

/* The whole ---------------------------------------------------------------------------------- */

static int begin_archive(struct archive_stream *writer, struct error *err)
{
	archive_locale_enter(&writer->locale);
	writer->in_locale = true;
	if (writer->is_layer && !(writer->hash = digest_begin(err)))
		return -1;
	writer->compressor = compressor_new(writer->options->compression, writer->options->level,
					    writer->options->threads, writer->sink, writer->context,
					    err);
	if (!writer->compressor)
		return -1;
	writer->buffer = malloc(BUFFER_SIZE);
	writer->archive = archive_write_new();
	writer->entry = archive_entry_new();
	if (!writer->buffer || !writer->archive || !writer->entry)
		return fail(err, ENOMEM, "archive: out of memory");
	/*
	 * pax, not restricted pax: that one leaves out the nanoseconds of a file which needs no
	 * extension otherwise. SCHILY.xattr is what all others read; libarchive's own base64 form
	 * beside it would store everything twice.
	 */
	archive_write_set_format_pax(writer->archive);
	archive_write_set_format_option(writer->archive, "pax", "xattrheader", "SCHILY");
	archive_write_set_bytes_per_block(writer->archive, (int)BUFFER_SIZE);
	archive_write_set_bytes_in_last_block(writer->archive, 1);
	if (archive_write_open(writer->archive, writer, NULL, write_stream, NULL) != ARCHIVE_OK)
		return fail(err, EIO, "archive: %s", archive_error_string(writer->archive));
	return 0;
}

static int end_archive(struct archive_stream *writer, struct error *err)
{
	if (check(writer, archive_write_close(writer->archive), "its end", err) < 0)
		return -1;
	if (compressor_finish(writer->compressor, err) < 0)
		return -1;
	if (writer->hash)
		digest_end(writer->hash, &writer->result->diff_id);
	writer->hash = NULL;
	return 0;
}

/* Of one that is not at its end: nothing more is written when libarchive closes it. */
static void drop_archive(struct archive_stream *writer)
{
	writer->failed = true;
	archive_write_free(writer->archive);
	archive_entry_free(writer->entry);
	if (writer->in_locale)
		archive_locale_leave(&writer->locale);
	compressor_free(&writer->compressor);
	digest_drop(&writer->hash);
	inode_map_free(&writer->links);
	arena_free(&writer->arena);
	free(writer->buffer);
	free(writer->name);
}

int archive_layer(const struct layer_stack *stack, const struct archive_options *options,
		  struct blob_writer *blob, struct archive_result *result, struct error *err)
{
	struct archive_stream writer = {
		.options = options,
		.result = result,
		.sink = store_output,
		.context = blob,
		.is_layer = true,
	};
	int status;

	*result = (struct archive_result){ 0 };
	status = begin_archive(&writer, err);
	if (status == 0)
		status = diff_walk(stack, write_entry, &writer, err);
	if (status == 0)
		status = end_archive(&writer, err);
	drop_archive(&writer);
	return status == 0 ? blob_end(blob, err) : status;
}

struct archive_stream *archive_stream_begin(const struct archive_options *options,
					    compress_sink *sink, void *context,
					    struct archive_result *result, struct error *err)
{
	struct archive_stream *stream = calloc(1, sizeof(*stream));

	*result = (struct archive_result){ 0 };
	if (!stream) {
		fail(err, ENOMEM, "archive: out of memory");
		return NULL;
	}
	*stream = (struct archive_stream){
		.options = options,
		.result = result,
		.sink = sink,
		.context = context,
	};
	if (begin_archive(stream, err) < 0)
		archive_stream_drop(&stream);
	return stream;
}

int archive_stream_add(struct archive_stream *stream, const struct diff_entry *entry,
		       struct error *err)
{
	return write_entry(entry, stream, err);
}

int archive_stream_end(struct archive_stream *stream, struct error *err)
{
	return end_archive(stream, err);
}

void archive_stream_drop(struct archive_stream **stream)
{
	if (!*stream)
		return;
	drop_archive(*stream);
	free(*stream);
	*stream = NULL;
}
