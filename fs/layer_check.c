/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/layer_check.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/archive_locale.h"
#include "fs/layer_stream.h"
#include "fs/tree_check.h"
#include "fs/unpack_tree.h"

struct work {
	struct layer_check *check;
	struct layer_stream stream;
	struct archive *archive;
	struct tree_check tree;
};

static la_ssize_t archive_reads(struct archive *archive, void *context, const void **data)
{
	struct layer_stream *stream = context;
	ssize_t size = layer_stream_read(stream, data);

	if (size < 0)
		archive_set_error(archive, EIO, "%s", stream->error.text);
	return size;
}

static bool is_zero(const char *data, size_t size)
{
	return !size || (!data[0] && !memcmp(data, data + 1, size - 1));
}

/* Whether the file has size bytes of data at offset; data NULL: zeros. */
static bool has_content(int fd, const char *data, size_t size, int64_t offset)
{
	char buffer[64 << 10];

	while (size) {
		size_t part = size < sizeof(buffer) ? size : sizeof(buffer);
		ssize_t got = pread(fd, buffer, part, offset);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0 ||
		    (data ? memcmp(buffer, data, (size_t)got) != 0 : !is_zero(buffer, (size_t)got)))
			return false;
		data = data ? data + got : NULL;
		size -= (size_t)got;
		offset += got;
	}
	return true;
}

/* libarchive gives the parts of a sparse file that are data; what is between them is zeros. */
static int compare_content(struct work *work, struct tree_node *node)
{
	cleanup_fd int fd = tree_check_open(&work->tree, node);
	int64_t offset, end = 0;
	const void *data;
	size_t length;

	node->damaged = fd < 0;
	for (;;) {
		int status = archive_read_data_block(work->archive, &data, &length, &offset);

		if (status == ARCHIVE_EOF)
			break;
		if (status < ARCHIVE_WARN)
			return -1;
		if (node->damaged)
			continue;
		node->damaged = !has_content(fd, NULL, (size_t)(offset - end), end) ||
				!has_content(fd, data, length, offset);
		end = offset + (int64_t)length;
	}
	if (!node->damaged && end < node->size)
		node->damaged = !has_content(fd, NULL, (size_t)(node->size - end), end);
	return 0;
}

/* As unpacking takes them: fs/unpack.c. */
static void copy_xattrs(struct work *work, struct archive_entry *entry, struct tree_node *node)
{
	struct arena *arena = &work->tree.arena;
	size_t count = (size_t)archive_entry_xattr_reset(entry), size;
	const char *name;
	const void *value;

	if (!count)
		return;
	node->xattrs = arena_array(arena, struct xattr, count);
	while (node->xattr_count < count &&
	       archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK)
		if (name && !strstr(name, ".overlay."))
			node->xattrs[node->xattr_count++] = (struct xattr){
				.name = arena_strdup(arena, name),
				.value = memcpy(arena_alloc(arena, size + 1), value, size),
				.size = size,
			};
}

static int check_entry(struct work *work, struct archive_entry *entry, struct error *err)
{
	const char *path = archive_entry_pathname(entry), *link = archive_entry_hardlink(entry);
	struct tree_node *added, node = {
		.path = path,
		.mode = archive_entry_mode(entry),
		.uid = (uid_t)archive_entry_uid(entry),
		.gid = (gid_t)archive_entry_gid(entry),
		.device = archive_entry_rdev(entry),
		.size = archive_entry_size(entry),
		.mtime.tv_sec = archive_entry_mtime(entry),
		.mtime.tv_nsec = archive_entry_mtime_nsec(entry),
		.target = archive_entry_symlink(entry),
	};

	if (!path)
		return fail(err, EBADMSG, "an entry has no name");
	if (unpack_tree_is_mark(path))
		return tree_check_mark(&work->tree, path, err);
	if (link)
		return tree_check_link(&work->tree, path, link, err);
	if (S_ISFIFO(node.mode))
		node.device = 0;
	copy_xattrs(work, entry, &node);
	added = tree_check_add(&work->tree, &node, err);
	if (!added)
		return -1;
	if (S_ISREG(node.mode) && compare_content(work, added) < 0)
		return fail(err, EBADMSG, "bad archive: %s", archive_error_string(work->archive));
	return 0;
}

/* What is wrong with the archive is no failure of the check. */
static void check_archive(struct work *work)
{
	struct archive_entry *entry;
	struct error err;

	archive_read_support_format_tar(work->archive);
	if (archive_read_open(work->archive, &work->stream, NULL, archive_reads, NULL) !=
	    ARCHIVE_OK)
		goto bad;
	for (;;) {
		int status = archive_read_next_header(work->archive, &entry);

		if (status == ARCHIVE_EOF)
			return;
		if (status < ARCHIVE_WARN)
			goto bad;
		if (check_entry(work, entry, &err) < 0) {
			snprintf(work->check->archive_wrong, sizeof(work->check->archive_wrong),
				 "entry %.100s: %.140s", archive_entry_pathname(entry) ?: "?",
				 err.text);
			return;
		}
	}
bad:
	snprintf(work->check->archive_wrong, sizeof(work->check->archive_wrong),
		 "bad archive: %.200s", archive_error_string(work->archive) ?: "unknown error");
}

static void compare_digests(struct layer_check *check, const struct layer_stream *stream)
{
	if (check->digest && strcmp(check->digest, stream->digest.text) != 0)
		snprintf(check->blob_wrong, sizeof(check->blob_wrong), "its content has %s",
			 stream->digest.text);
	if (stream->failed && check->diff_id)
		snprintf(check->archive_wrong, sizeof(check->archive_wrong), "%.250s",
			 stream->error.text);
	else if (!check->archive_wrong[0] && check->diff_id &&
		 strcmp(check->diff_id, stream->diff_id.text) != 0)
		snprintf(check->archive_wrong, sizeof(check->archive_wrong),
			 "the archive in it is %s, not the diff_id %s", stream->diff_id.text,
			 check->diff_id);
	check->size = stream->size;
	check->bytes = stream->bytes;
}

static int run(struct work *work, struct error *err)
{
	struct layer_check *check = work->check;
	struct archive_locale locale;

	if (layer_stream_begin(&work->stream, err) < 0)
		return -1;
	if (check->tree >= 0) {
		work->archive = archive_read_new();
		if (!work->archive)
			return fail(err, ENOMEM, "out of memory");
		archive_locale_enter(&locale);
		check_archive(work);
		archive_locale_leave(&locale);
	}
	if (layer_stream_end(&work->stream, err) < 0)
		return -1;
	compare_digests(check, &work->stream);
	/* by a damaged archive nothing can be said of the tree */
	if (check->tree < 0 || check->blob_wrong[0] || check->archive_wrong[0])
		return 0;
	if (tree_check_walk(&work->tree, err) < 0)
		return -1;
	check->tree_count = work->tree.wrong;
	memcpy(check->tree_wrong, work->tree.first, sizeof(work->tree.first));
	return 0;
}

int layer_check(int fd, struct layer_check *check, struct error *err)
{
	struct work work = {
		.check = check,
		.stream.fd = fd,
		.tree = { .root = check->tree, .keep_owner = check->keep_owner },
	};
	int result = run(&work, err);

	if (work.archive)
		archive_read_free(work.archive);
	layer_stream_free(&work.stream);
	tree_check_free(&work.tree);
	return result;
}
