/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "fs/diff_work.h"
#include "fs/own_paths.h"

/* The needs of what is no directory for which it must be asked more than its name. */
#define NEEDS_LOOK (DIFF_STATUS | DIFF_CHANGES | DIFF_ATTRIBUTES)

/* Opens what a new frame needs, lists it if it differs by itself, and reads its names. */
static int begin_frame(struct walk *walk, struct frame *frame, struct error *err)
{
	frame_enter(walk, frame);
	if (frame->in_upper && frame_upper(walk, frame) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0; /* gone meanwhile: no names */
		return fail_errno(err, "open %s", walk_path(walk));
	}
	if (((frame->entry.kind == DIFF_ADDED && !frame->own) || frame->entry.changed ||
	     frame->entry.opaque) &&
	    (frame->path_length || frame->entry.changed)) {
		if (list_parents(walk, err) < 0 || list_directory(walk, frame, err) < 0)
			return -1;
	}
	return frame_read_names(walk, frame, err) < 0 ? fail_in(err, "%s", walk_path(walk)) : 0;
}

/* Whether the new state is from the upper layer or one of the container's own below it. */
static bool is_written(const struct walk *walk, const struct pair *pair)
{
	return pair->in_upper || pair->content.place->layer < walk->stack->own_layers;
}

/* Whether what is at walk->path is there only because ctr set the container up. */
static bool is_own(const struct walk *walk, const struct pair *pair)
{
	return pair->there && is_written(walk, pair) && pair->base.kind == FOUND_NOTHING &&
	       own_paths_have(walk->stack->own, walk->path);
}

static bool is_same_place(const struct place *one, const struct place *other)
{
	return one->layer == other->layer && one->skip == other->skip &&
	       !strcmp(one->prefix, other->prefix);
}

/* Whether chain ends with all the places of base. */
static bool ends_with(const struct chain *chain, const struct chain *base)
{
	size_t more = chain->count - base->count;

	if (chain->count < base->count)
		return false;
	for (size_t i = 0; i < base->count; i++)
		if (!is_same_place(&chain->items[more + i], &base->items[i]))
			return false;
	return true;
}

/* Whether the new state is the very file of the lower layers that is the old one. */
static bool is_untouched(const struct frame *frame, const struct pair *pair)
{
	return !frame->hidden && !pair->in_upper && pair->content.kind == FOUND_OTHER &&
	       pair->base.kind == FOUND_OTHER &&
	       is_same_place(pair->content.place, pair->base.place) &&
	       !strcmp(pair->content.name, pair->base.name);
}

/* Goes down into a directory. The new attributes are in walk->xattrs. */
static int descend_into(struct walk *walk, struct frame *frame, struct frame *child,
			struct pair *pair, const char *name, struct error *err)
{
	bool renamed = pair->in_upper && pair->marks.redirect[0];
	bool opaque = pair->in_upper && pair->marks.opaque;
	struct found found;

	child->path_length = strlen(walk->path);
	child->in_upper = pair->in_upper;
	child->own = is_own(walk, pair);
	child->same = frame->same && !renamed && !opaque;
	child->whiteouts = pair->in_upper && pair->marks.xattr_whiteouts;
	child->entry.status = pair->status;
	child->entry.kind = pair->base.kind == FOUND_NOTHING ? DIFF_ADDED : DIFF_CHANGED;
	if (pair->base.kind != FOUND_NOTHING) {
		struct chain *base = &child->base;

		if (base->count && base->items[0].fd >= 0
			    ? xattrs_read_fd(&walk->base_xattrs, base->items[0].fd, err) < 0
			    : read_base_xattrs(walk, &pair->base, err) < 0)
			return -1;
		marks_drop(&walk->base_xattrs);
		child->entry.changed = diff_changes(&pair->status, &pair->base.status,
						    &walk->xattrs, &walk->base_xattrs);
	}
	if (!child->same && !opaque) {
		if (renamed ? chain_redirect(&walk->lookup, frame_content(frame),
					     pair->marks.redirect, child->path_length,
					     &child->content, err) < 0
			    : chain_lookup(&walk->lookup, frame_content(frame), name,
					   child->path_length, &found, &child->content, err) < 0)
			return -1;
	}
	/* below an opaque directory nothing is as it was, whatever leads back to the same place */
	child->over = !child->same && (!frame->hidden || !child->base.count) &&
		      ends_with(&child->content, &child->base);
	if (child->over && child->content.count == child->base.count) {
		child->same = true;
		child->over = false;
		if (!child->in_upper)
			return 0; /* that of the lower layers as it is */
	}
	/* one opaque directory hides all that is below it */
	child->entry.opaque = !child->same && !child->over && child->base.count && !frame->hidden;
	child->hidden = frame->hidden || child->entry.opaque;
	child->upper = take_fd(&pair->fd);
	frame_leave(walk, frame);
	walk->depth++;
	return begin_frame(walk, child, err);
}

/* Looking at one name ------------------------------------------------------------------------ */

/* Without a time of access where that may be: to look at a layer is not to use it. */
static int open_quietly(int parent, const char *name, int flags)
{
	int fd = openat(parent, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOATIME);

	if (fd < 0 && errno == EPERM)
		fd = openat(parent, name, flags | O_NOFOLLOW | O_CLOEXEC);
	return fd;
}

static int read_marks(struct walk *walk, struct pair *pair, struct error *err)
{
	if (marks_get(walk->stack, &walk->xattrs, &pair->marks, err) < 0)
		return -1;
	marks_drop(&walk->xattrs);
	return 0;
}

/*
 * Opens a directory or regular file of the upper layer, to ask the kernel about it by descriptor.
 * Returns 0 if it is not what the directory said: gone or replaced meanwhile.
 */
static int look_opened(struct walk *walk, struct frame *frame, struct pair *pair, const char *name,
		       mode_t type, struct error *err)
{
	int flags = type == S_IFDIR ? O_RDONLY | O_DIRECTORY : O_RDONLY | O_NONBLOCK | O_NOCTTY;

	pair->fd = open_quietly(frame->upper, name, flags);
	if (pair->fd < 0 &&
	    (errno == ENOENT || errno == ENOTDIR || errno == ELOOP || errno == ENXIO))
		return 0;
	if (pair->fd < 0 || fstat(pair->fd, &pair->status) < 0)
		return fail_errno(err, "open");
	if ((pair->status.st_mode & S_IFMT) != type) {
		close_fd(&pair->fd);
		return 0;
	}
	pair->in_upper = pair->there = true;
	if (xattrs_read_fd(&walk->xattrs, pair->fd, err) < 0 || read_marks(walk, pair, err) < 0)
		return -1;
	return 1;
}

static int look_by_name(struct walk *walk, struct frame *frame, struct pair *pair, const char *name,
			struct error *err)
{
	if (fstatat(frame->upper, name, &pair->status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail_errno(err, "look");
	pair->in_upper = true;
	pair->there = !is_whiteout(&pair->status);
	if (!pair->there ||
	    !(S_ISDIR(pair->status.st_mode) || frame->whiteouts || (walk->needs & DIFF_ATTRIBUTES)))
		return 1;
	if (xattrs_read_at(&walk->xattrs, frame->upper, name, err) < 0 ||
	    read_marks(walk, pair, err) < 0)
		return -1;
	return 1;
}

/*
 * Finds out what name is in the upper layer. kind is what the directory says: where that is all
 * that is asked for, the file is not looked at. Returns 0 if there is nothing.
 */
static int look_at_upper(struct walk *walk, struct frame *frame, struct pair *pair,
			 const char *name, unsigned char kind, struct error *err)
{
	bool by_kind = !(walk->needs & NEEDS_LOOK) && !frame->whiteouts;
	int found = 0;

	if (frame_upper(walk, frame) < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail_errno(err, "open");
	if (by_kind && kind != DT_DIR && kind != DT_CHR && kind != DT_UNKNOWN) {
		pair->in_upper = pair->there = true;
		pair->status.st_mode = DTTOIF(kind);
		return 1;
	}
	if (kind == DT_DIR || (kind == DT_REG && (walk->needs & DIFF_CONTENT)))
		found = look_opened(walk, frame, pair, name, DTTOIF(kind), err);
	if (found == 0)
		found = look_by_name(walk, frame, pair, name, err);
	if (frame->whiteouts && pair->marks.whiteout && S_ISREG(pair->status.st_mode) &&
	    pair->status.st_size == 0)
		pair->there = false;
	return found;
}

/* Finds out what name is now. walk->xattrs are its attributes then, without marks. */
static int look_at_new(struct walk *walk, struct frame *frame, struct pair *pair, const char *name,
		       unsigned char kind, struct error *err)
{
	int found = 0, fd;

	walk->xattrs.count = 0;
	if (frame->in_upper)
		found = look_at_upper(walk, frame, pair, name, kind, err);
	if (found || frame->same)
		return found < 0 ? -1 : 0;
	if (chain_lookup(&walk->lookup, &frame->content, name, 0, &pair->content, NULL, err) < 0)
		return -1;
	pair->there = pair->content.kind != FOUND_NOTHING;
	pair->status = pair->content.status;
	if (!pair->there)
		return 0;
	fd = place_fd(&walk->lookup, pair->content.place);
	if (fd < 0)
		return fail_errno(err, "open");
	if (xattrs_read_at(&walk->xattrs, fd, pair->content.name, err) < 0)
		return -1;
	return read_marks(walk, pair, err);
}

/* Finds out what name was, as far as that is asked for. A directory's chain becomes child's. */
static int look_at_base(struct walk *walk, struct frame *frame, struct frame *child,
			struct pair *pair, const char *name, struct error *err)
{
	bool directory = pair->there && S_ISDIR(pair->status.st_mode);

	if (frame->below_known && !name_list_has(&frame->below, name))
		return 0;
	if (pair->there && pair->in_upper && !directory &&
	    !(walk->needs & (DIFF_KIND | DIFF_CHANGES)) &&
	    !own_paths_have(walk->stack->own, walk->path)) {
		pair->base.kind = FOUND_OTHER;
		return 0;
	}
	return chain_lookup(&walk->lookup, &frame->base, name, strlen(walk->path), &pair->base,
			    directory ? &child->base : NULL, err);
}

static int look(struct walk *walk, struct frame *frame, struct frame *child, struct pair *pair,
		const char *name, unsigned char kind, struct error *err)
{
	bool gone;

	if (look_at_new(walk, frame, pair, name, kind, err) < 0 ||
	    look_at_base(walk, frame, child, pair, name, err) < 0)
		return fail_in(err, "%s", walk->path);
	/* in the upper directory when it was read, and now not even as a whiteout */
	gone = frame->same && !pair->there && !pair->in_upper;
	if (gone || (!pair->there && pair->base.kind == FOUND_NOTHING))
		return 0;
	if (!pair->there)
		return list_deleted(walk, frame, pair, err);
	if (S_ISDIR(pair->status.st_mode))
		return descend_into(walk, frame, child, pair, name, err);
	if (is_own(walk, pair) || is_untouched(frame, pair))
		return 0;
	if (list_parents(walk, err) < 0)
		return -1;
	return list_file(walk, frame, pair, name, err);
}

/* Compares the next name of frame and lists it or goes down into it. */
static int look_at_next(struct walk *walk, struct frame *frame, struct error *err)
{
	const char *name = name_list_name(&frame->names, frame->next);
	/* where names of lower layers are among them, nobody knows whose kind it is */
	unsigned char kind = frame->same ? name_list_kind(&frame->names, frame->next) : DT_UNKNOWN;
	struct frame *child = frame_next(walk, err);
	struct pair pair = { .fd = -1 };
	int result;

	frame->next++;
	if (!child || walk_set_path(walk, frame->path_length, name, err) < 0)
		return -1;
	result = look(walk, frame, child, &pair, name, kind, err);
	close_fd(&pair.fd);
	return result;
}

static int walk_all(struct walk *walk, struct error *err)
{
	while (walk->depth) {
		struct frame *frame = frame_top(walk);

		if (frame->next == frame->names.count) {
			frame_close(walk, frame);
			walk->depth--;
			if (walk->depth)
				frame_enter(walk, frame_top(walk));
			continue;
		}
		if (look_at_next(walk, frame, err) < 0)
			return -1;
	}
	return 0;
}

static int begin_root(struct walk *walk, struct error *err)
{
	struct frame *root = frame_next(walk, err);
	struct place *first;
	struct marks marks;
	struct stat before;

	if (!root || walk_set_path(walk, 0, NULL, err) < 0)
		return -1;
	root->path_length = 0;
	root->in_upper = true;
	root->same = !walk->stack->own_layers;
	root->over = !root->same;
	root->entry.kind = DIFF_CHANGED;
	walk->depth = 1;
	frame_enter(walk, root);
	if (fstat(walk->stack->upper, &root->entry.status) < 0)
		return fail_errno(err, "upper layer");
	if (chain_roots(&walk->lookup, walk->stack->own_layers, &root->base, err) < 0 ||
	    (root->over && chain_roots(&walk->lookup, 0, &root->content, err) < 0))
		return -1;
	root->over = root->over && ends_with(&root->content, &root->base);
	root->entry.opaque = !root->same && !root->over && root->base.count;
	root->hidden = root->entry.opaque;
	if (xattrs_read_at(&walk->xattrs, walk->stack->upper, ".", err) < 0 ||
	    marks_get(walk->stack, &walk->xattrs, &marks, err) < 0)
		return fail_in(err, "upper layer");
	marks_drop(&walk->xattrs);
	root->whiteouts = marks.xattr_whiteouts;
	if (root->base.count) {
		first = &root->base.items[0];
		if (fstat(walk->stack->lowers[first->layer], &before) < 0)
			return fail_errno(err, "lower layer");
		if (xattrs_read_at(&walk->base_xattrs, walk->stack->lowers[first->layer], ".",
				   err) < 0)
			return -1;
		marks_drop(&walk->base_xattrs);
		root->entry.changed = diff_changes(&root->entry.status, &before, &walk->xattrs,
						   &walk->base_xattrs);
	}
	root->listed = root->entry.changed == 0; /* not for the sake of what is in it */
	return begin_frame(walk, root, err);
}

int diff_walk_for(const struct layer_stack *stack, unsigned needs, diff_callback *callback,
		  void *context, struct error *err)
{
	struct walk walk = {
		.stack = stack,
		.needs = needs,
		.callback = callback,
		.context = context,
		.lookup = { .stack = stack },
	};
	int result = begin_root(&walk, err);

	if (result == 0)
		result = walk_all(&walk, err);
	frames_free(&walk);
	lookup_free(&walk.lookup);
	xattrs_free(&walk.xattrs);
	xattrs_free(&walk.base_xattrs);
	xattrs_free(&walk.directory_xattrs);
	free(walk.path);
	return result;
}

int diff_walk(const struct layer_stack *stack, diff_callback *callback, void *context,
	      struct error *err)
{
	return diff_walk_for(stack, DIFF_ALL, callback, context, err);
}
