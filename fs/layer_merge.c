/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/layer_merge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "fs/diff.h"

/* The directories from the root down to where we are: their times are set when they are full. */
struct level {
	size_t path_length;
	struct timespec times[2];
};

struct merge {
	const struct layer_stack *stack;
	int dir; /* of the last level; those above are reached by ".." */
	char *path;
	size_t path_room;
	struct level *levels;
	size_t depth, room;
};

static int set_times(struct merge *merge, struct error *err)
{
	if (futimens(merge->dir, merge->levels[merge->depth - 1].times) < 0)
		return fail_errno(err, "merge layers: set times of a directory");
	return 0;
}

static int leave(struct merge *merge, struct error *err)
{
	cleanup_fd int above = -1;

	if (set_times(merge, err) < 0)
		return -1;
	merge->depth--;
	if (!merge->depth)
		return 0;
	above = openat(merge->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (above < 0)
		return fail_errno(err, "merge layers: go up");
	close_fd(&merge->dir);
	merge->dir = take_fd(&above);
	return 0;
}

/* Takes dir, that of path. */
static int enter(struct merge *merge, int dir, const char *path, const struct stat *status,
		 struct error *err)
{
	size_t length = strlen(path);

	close_fd(&merge->dir);
	merge->dir = dir;
	if (length >= merge->path_room) {
		char *larger = realloc(merge->path, 2 * length + 64);

		if (!larger)
			return fail(err, ENOMEM, "out of memory");
		merge->path = larger;
		merge->path_room = 2 * length + 64;
	}
	memcpy(merge->path, path, length + 1);
	if (merge->depth == merge->room) {
		size_t room = 2 * merge->room + 16;
		struct level *larger = realloc(merge->levels, room * sizeof(*larger));

		if (!larger)
			return fail(err, ENOMEM, "out of memory");
		merge->levels = larger;
		merge->room = room;
	}
	merge->levels[merge->depth++] = (struct level){
		.path_length = length,
		.times = { { .tv_nsec = UTIME_OMIT }, status->st_mtim },
	};
	return 0;
}

/* The walk lists every directory before what is in it. */
static int go_to_parent(struct merge *merge, const char *path, struct error *err)
{
	size_t length = (size_t)(strrchr(path, '/') - path);

	while (merge->levels[merge->depth - 1].path_length != length ||
	       memcmp(merge->path, path, length) != 0)
		if (merge->depth == 1)
			return fail(err, EINVAL, "merge layers: %s: its directory is missing",
				    path);
		else if (leave(merge, err) < 0)
			return -1;
	return 0;
}

static int set_metadata(const struct merge *merge, int dir, const struct stat *status,
			const struct xattrs *xattrs, bool opaque, struct error *err)
{
	const char *mark = merge->stack->user_xattr ? "user.overlay.opaque"
						    : "trusted.overlay.opaque";

	if (fchown(dir, status->st_uid, status->st_gid) < 0 ||
	    fchmod(dir, status->st_mode & 07777) < 0)
		return fail_errno(err, "set owner and mode");
	for (size_t i = 0; i < xattrs->count; i++)
		if (fsetxattr(dir, xattrs->items[i].name, xattrs->items[i].value,
			      xattrs->items[i].size, 0) < 0)
			return fail_errno(err, "set %s", xattrs->items[i].name);
	if (opaque && fsetxattr(dir, mark, "y", 1, 0) < 0)
		return fail_errno(err, "set %s", mark);
	return 0;
}

static int make_directory(struct merge *merge, const struct diff_entry *entry, const char *name,
			  struct error *err)
{
	int dir;

	if (mkdirat(merge->dir, name, 0700) < 0)
		return fail_errno(err, "make directory");
	dir = openat(merge->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return fail_errno(err, "open directory");
	if (enter(merge, dir, entry->path, &entry->status, err) < 0)
		return -1;
	return set_metadata(merge, dir, &entry->status, entry->xattrs, entry->opaque, err);
}

static int add(const struct diff_entry *entry, void *context, struct error *err)
{
	struct merge *merge = context;
	const char *name = strrchr(entry->path, '/') + 1;
	int result = 0;

	if (!*name) /* the root: it is the topmost one's */
		return 0;
	if (go_to_parent(merge, entry->path, err) < 0)
		return -1;
	if (entry->kind == DIFF_DELETED) {
		if (!entry->implied && mknodat(merge->dir, name, S_IFCHR, makedev(0, 0)) < 0)
			result = fail_errno(err, "make a whiteout");
	} else if (S_ISDIR(entry->status.st_mode)) {
		result = make_directory(merge, entry, name, err);
	} else if (linkat(entry->parent, entry->name, merge->dir, name, 0) < 0) {
		result = fail_errno(err, "link");
	}
	return result < 0 ? fail_in(err, "merge layers: %s", entry->path) : 0;
}

static int begin_root(struct merge *merge, int to, struct error *err)
{
	cleanup_xattrs struct xattrs xattrs = { 0 };
	struct stat status;
	int root;

	if (fstat(merge->stack->upper, &status) < 0)
		return fail_errno(err, "merge layers");
	root = openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return fail_errno(err, "merge layers");
	if (enter(merge, root, "", &status, err) < 0 ||
	    xattrs_read_at(&xattrs, merge->stack->upper, ".", err) < 0)
		return -1;
	xattrs_drop(&xattrs, "trusted.overlay.");
	xattrs_drop(&xattrs, "user.overlay.");
	return set_metadata(merge, root, &status, &xattrs, false, err);
}

int layer_merge(const struct layer_stack *stack, int to, struct error *err)
{
	struct merge merge = { .stack = stack, .dir = -1 };
	int result = begin_root(&merge, to, err);

	if (result == 0)
		result = diff_walk(stack, add, &merge, err);
	while (result == 0 && merge.depth)
		result = leave(&merge, err);
	close_fd(&merge.dir);
	free(merge.levels);
	free(merge.path);
	return result;
}
