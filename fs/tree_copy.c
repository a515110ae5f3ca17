/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/tree_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/file_content.h"
#include "fs/inode_map.h"
#include "fs/tree_walk.h"
#include "fs/unpack_tree.h"

/* Entries of a source on their way, under the names that they get. */
struct copy {
	const struct tree_source *source;
	const char *top; /* of all names; "": none */
	struct progress *progress;
	diff_callback *put; /* what becomes of them; its context is this */
	struct arena arena;
	/* into a tree */
	struct unpack_tree tree;
	struct inode_map links; /* the first names of files with several */
	struct stat target;	/* the directory that it goes into */
	/* into an archive */
	struct archive_stream *stream;
};

/* The source --------------------------------------------------------------------------------- */

/* What is below the source under the name that it gets: "/TOP/PATH". */
static int put_below(const struct diff_entry *entry, void *context, struct error *err)
{
	struct copy *copy = context;
	cleanup_arena struct arena arena = { 0 };
	struct diff_entry renamed = *entry;

	if (*copy->top)
		renamed.path = arena_printf(&arena, "/%s%s", copy->top, entry->path);
	return copy->put(&renamed, copy, err);
}

/* The source itself. */
static int put_top(struct copy *copy, const struct diff_entry *found, struct error *err)
{
	cleanup_xattrs struct xattrs xattrs = { 0 };
	struct diff_entry entry = *found;

	if (xattrs_read_at(&xattrs, entry.parent, entry.name, err) < 0)
		return -1;
	xattrs_drop(&xattrs, "trusted.overlay.");
	xattrs_drop(&xattrs, "user.overlay.");
	entry.path = arena_printf(&copy->arena, "/%s", copy->top);
	entry.data_parent = entry.parent;
	entry.data_name = entry.name;
	entry.xattrs = &xattrs;
	return copy->put(&entry, copy, err);
}

static int put_directory(struct copy *copy, struct error *err)
{
	const struct tree_source *source = copy->source;
	cleanup_fd int fd = openat(source->parent, source->name,
				   O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct diff_entry entry = { .parent = fd, .name = "." };

	if (fd < 0 || fstat(fd, &entry.status) < 0)
		return fail_errno(err, "open");
	if (*copy->top && put_top(copy, &entry, err) < 0)
		return -1;
	return tree_walk(fd, DIFF_ALL, put_below, copy, err);
}

static int put_all(struct copy *copy, struct error *err)
{
	const struct tree_source *source = copy->source;
	struct diff_entry entry = { .parent = source->parent, .name = source->name };

	if (fstatat(source->parent, source->name, &entry.status, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "find");
	if (S_ISDIR(entry.status.st_mode))
		return put_directory(copy, err);
	return put_top(copy, &entry, err);
}

static int map_id(const struct spec_id_mappings *mappings, uint32_t *id)
{
	for (size_t i = 0; mappings && i < mappings->count; i++) {
		const struct spec_id_mapping *range = &mappings->items[i];

		if (*id < range->host_id || *id - range->host_id >= range->size)
			continue;
		*id = range->container_id + (*id - range->host_id);
		return 0;
	}
	return mappings && mappings->count ? -1 : 0;
}

/* Into a tree --------------------------------------------------------------------------------- */

/* Labels and marks are of the place that a thing is at, not of the thing. */
static bool travels(const char *name)
{
	return !strncmp(name, "user.", 5) || !strcmp(name, "security.capability") ||
	       !strncmp(name, "system.posix_acl_", strlen("system.posix_acl_"));
}

static int get_metadata(const struct copy *copy, const struct diff_entry *entry,
			struct unpack_metadata *metadata, struct error *err)
{
	const struct stat *status = &entry->status;

	metadata->mode = status->st_mode & 07777;
	metadata->uid = status->st_uid;
	metadata->gid = status->st_gid;
	metadata->times[0].tv_nsec = UTIME_OMIT;
	metadata->times[1] = status->st_mtim;
	if ((map_id(copy->source->uids, &metadata->uid) < 0 ||
	     map_id(copy->source->gids, &metadata->gid) < 0) &&
	    !copy->tree.place.options->merge->own)
		return fail(err, EOVERFLOW, "its owner %u:%u is not mapped", status->st_uid,
			    status->st_gid);
	for (size_t i = 0; i < entry->xattrs->count; i++) {
		if (!travels(entry->xattrs->items[i].name))
			continue;
		if (metadata->xattr_count == UNPACK_MAX_XATTRS)
			return fail(err, EFBIG, "more than %d attributes", UNPACK_MAX_XATTRS);
		metadata->xattrs[metadata->xattr_count++] = entry->xattrs->items[i];
	}
	return unpack_metadata_adapt(metadata, copy->tree.place.options->merge,
				     S_ISDIR(status->st_mode), err);
}

/* Returns 1 if it was copied under another name before, and is a hard link to that now. */
static int link_file(struct copy *copy, const struct diff_entry *entry, struct error *err)
{
	const struct stat *status = &entry->status;
	const char *first;

	if (status->st_nlink < 2)
		return 0;
	first = inode_map_get(&copy->links, status->st_dev, status->st_ino);
	if (!first)
		return inode_map_put(&copy->links, status->st_dev, status->st_ino,
				     arena_strdup(&copy->arena, entry->path), err);
	return unpack_tree_hard_link(&copy->tree, entry->path, first, err) < 0 ? -1 : 1;
}

static int copy_file(struct copy *copy, const struct diff_entry *entry,
		     const struct unpack_metadata *metadata, struct error *err)
{
	cleanup_fd int from = openat(entry->parent, entry->name,
				     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	cleanup_fd int to = -1;
	struct stat status;
	int linked;

	if (from < 0 && (errno == ENOENT || errno == ELOOP || errno == ENXIO))
		return 0; /* gone or replaced meanwhile */
	if (from < 0 || fstat(from, &status) < 0)
		return fail_errno(err, "open");
	if (!S_ISREG(status.st_mode))
		return 0;
	linked = link_file(copy, entry, err);
	if (linked)
		return linked < 0 ? -1 : 0;
	to = unpack_tree_file(&copy->tree, entry->path, err);
	if (to < 0 || file_content_copy(from, to, copy->progress, err) < 0)
		return -1;
	return unpack_tree_finish_file(&copy->tree, to, metadata, err);
}

static int copy_link(struct copy *copy, const struct diff_entry *entry,
		     const struct unpack_metadata *metadata, struct error *err)
{
	char target[4096];
	ssize_t size = readlinkat(entry->parent, entry->name, target, sizeof(target));

	if (size < 0 && (errno == ENOENT || errno == EINVAL))
		return 0; /* gone or replaced meanwhile */
	if (size < 0 || size == sizeof(target))
		return fail_errno(err, "read link");
	target[size] = '\0';
	return unpack_tree_link(&copy->tree, entry->path, target, metadata, err);
}

static bool is_same_file(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

static int copy_thing(struct copy *copy, const struct diff_entry *entry, struct error *err)
{
	mode_t type = entry->status.st_mode & S_IFMT;
	struct unpack_metadata metadata = { 0 };

	if (get_metadata(copy, entry, &metadata, err) < 0)
		return -1;
	switch (type) {
	case S_IFREG:
		return copy_file(copy, entry, &metadata, err);
	case S_IFDIR:
		if (is_same_file(&entry->status, &copy->target))
			return fail(err, EINVAL, "cannot copy a directory into itself");
		return unpack_tree_directory(&copy->tree, entry->path, &metadata, err);
	case S_IFLNK:
		return copy_link(copy, entry, &metadata, err);
	case S_IFSOCK:
		return 0;
	case S_IFCHR:
	case S_IFBLK:
		if (copy->tree.place.options->merge->harmless)
			return 0;
		metadata.device = entry->status.st_rdev;
	}
	metadata.mode |= type;
	return unpack_tree_node(&copy->tree, entry->path, &metadata, err);
}

static int put_in_tree(const struct diff_entry *entry, void *context, struct error *err)
{
	return copy_thing(context, entry, err) < 0 ? fail_in(err, "%.250s", entry->path + 1) : 0;
}

int tree_copy(const struct tree_source *source, int directory, const char *name,
	      const struct unpack_merge *merge, struct progress *progress, struct error *err)
{
	const struct unpack_options options = { .merge = merge, .keep_owner = geteuid() == 0 };
	struct copy copy = {
		.source = source,
		.top = source->contents ? "" : name,
		.progress = progress,
		.put = put_in_tree,
		.tree = { .place = { .root = directory, .parent = -1, .options = &options } },
	};
	int result = fstat(directory, &copy.target) < 0 ? fail_errno(err, "stat") : 0;

	if (result == 0)
		result = put_all(&copy, err);
	if (result == 0)
		result = unpack_tree_end(&copy.tree, err);
	unpack_tree_free(&copy.tree);
	inode_map_free(&copy.links);
	arena_free(&copy.arena);
	return result;
}

/* Archives ----------------------------------------------------------------------------------- */

static int put_in_archive(const struct diff_entry *entry, void *context, struct error *err)
{
	struct copy *copy = context;

	return archive_stream_add(copy->stream, entry, err);
}

static int write_output(void *context, const void *data, size_t size, struct error *err)
{
	const int *output = context;

	return write_all(*output, data, size, err) < 0 ? fail_in(err, "write the archive") : 0;
}

int tree_copy_out(const struct tree_source *source, const char *name, int output,
		  struct progress *progress, struct error *err)
{
	const struct archive_options options = {
		.compression = COMPRESSION_NONE,
		.uids = source->uids,
		.gids = source->gids,
		.progress = progress,
	};
	struct archive_result written;
	struct copy copy = {
		.source = source,
		.top = source->contents ? "" : name,
		.put = put_in_archive,
	};
	int result = -1;

	copy.stream = archive_stream_begin(&options, write_output, &output, &written, err);
	if (copy.stream)
		result = put_all(&copy, err);
	if (result == 0)
		result = archive_stream_end(copy.stream, err);
	archive_stream_drop(&copy.stream);
	arena_free(&copy.arena);
	return result;
}

int tree_copy_in(int input, int directory, const struct unpack_merge *merge,
		 struct progress *progress, struct error *err)
{
	const struct unpack_options options = {
		.merge = merge,
		.keep_owner = geteuid() == 0,
		.progress = progress,
	};
	struct unpack_result result;

	return unpack_layer(input, directory, &options, &result, err);
}
