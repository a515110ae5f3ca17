/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/diff.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "fs/lower_lookup.h"
#include "fs/own_paths.h"

/*
 * The walk goes down the merged directories that differ. Each has two chains of lower
 * directories: "base", what the container would see there without the upper layer, and
 * "content", what shows through below the upper directory. They are the same, and then only the
 * names in the upper directory can differ, unless a directory on the way is opaque (nothing
 * shows through) or was renamed (something else shows through). In those all names are compared.
 * In between are the directories of a container with layers of its own below the upper one:
 * "content" is then those layers' places on top of "base", and only the names in them are added.
 *
 * There is no recursion, and only the directory that we are in has descriptors open: they are
 * opened again by path on the way back up.
 */

struct frame {
	size_t path_length; /* of walk.path, without a final slash */
	bool in_upper;
	bool same;   /* content is base */
	bool over;   /* content ends with base */
	bool hidden; /* this or a directory above is opaque: deletions are implied */
	bool listed;
	bool own;  /* made by ctr itself: listed for the sake of what is in it only */
	int upper; /* -1: not open now */
	struct chain base, content;
	struct diff_entry entry; /* of the directory itself */
	/* the names to look at: offsets into names */
	char *names;
	size_t names_used, names_room;
	size_t *order;
	size_t count, order_room, next;
};

struct walk {
	const struct layer_stack *stack;
	diff_callback *callback;
	void *context;
	struct frame **frames; /* as many as the walk was ever deep: their buffers are kept */
	size_t depth, room;
	char *path; /* of what is looked at, starts with "/" unless it is the root: "" */
	size_t path_room;
	struct lookup lookup;
	struct xattrs xattrs, base_xattrs;
};

/* What one name is: in the merged view and in the one of the lower layers alone. */
struct pair {
	struct found base;    /* old */
	struct stat status;   /* new */
	bool there;	      /* new: is there at all */
	bool in_upper;	      /* new: from the upper layer */
	struct found content; /* new, if it is from a lower layer */
	struct marks marks;   /* new */
};

static struct frame *top(struct walk *walk)
{
	return walk->frames[walk->depth - 1];
}

static struct chain *content_of(struct frame *frame)
{
	return frame->same ? &frame->base : &frame->content;
}

/* Names -------------------------------------------------------------------------------------- */

static int add_name(struct frame *frame, const char *name, struct error *err)
{
	size_t length = strlen(name) + 1;

	if (frame->names_room - frame->names_used < length) {
		size_t room = 2 * (frame->names_room + length) + 512;
		char *names = realloc(frame->names, room);

		if (!names)
			return fail(err, ENOMEM, "out of memory");
		frame->names = names;
		frame->names_room = room;
	}
	if (frame->count == frame->order_room) {
		size_t room = 2 * frame->order_room + 32;
		size_t *order = realloc(frame->order, room * sizeof(*order));

		if (!order)
			return fail(err, ENOMEM, "out of memory");
		frame->order = order;
		frame->order_room = room;
	}
	memcpy(frame->names + frame->names_used, name, length);
	frame->order[frame->count++] = frame->names_used;
	frame->names_used += length;
	return 0;
}

static int read_names(struct frame *frame, int fd, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(fd, ".", err);
	struct dirent *entry;

	if (!dir)
		return -1;
	while (errno = 0, entry = readdir(dir)) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (add_name(frame, entry->d_name, err) < 0)
			return -1;
	}
	return errno ? fail_errno(err, "read directory") : 0;
}

static int compare_names(const void *one, const void *other, void *names)
{
	const char *text = names;

	return strcmp(text + *(const size_t *)one, text + *(const size_t *)other);
}

static void sort_names(struct frame *frame)
{
	size_t kept = 0;

	if (frame->count < 2)
		return;
	qsort_r(frame->order, frame->count, sizeof(*frame->order), compare_names, frame->names);
	for (size_t i = 0; i < frame->count; i++)
		if (i == 0 || strcmp(frame->names + frame->order[i],
				     frame->names + frame->order[kept - 1]) != 0)
			frame->order[kept++] = frame->order[i];
	frame->count = kept;
}

/* Those of the first count places of chain. */
static int read_chain_names(struct walk *walk, struct frame *frame, struct chain *chain,
			    size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		int fd = place_fd(&walk->lookup, &chain->items[i]);

		if (fd < 0)
			return fail_errno(err, "lower layer %zu", chain->items[i].layer);
		if (read_names(frame, fd, err) < 0)
			return -1;
	}
	return 0;
}

/* Frames ------------------------------------------------------------------------------------- */

/* Sets walk->path to the first length bytes of it, and "/" + name behind that. */
static int set_path(struct walk *walk, size_t length, const char *name, struct error *err)
{
	size_t needed = length + (name ? 1 + strlen(name) : 0) + 2;

	if (walk->path_room < needed) {
		char *path = realloc(walk->path, 2 * needed);

		if (!path)
			return fail(err, ENOMEM, "out of memory");
		walk->path = path;
		walk->path_room = 2 * needed;
	}
	walk->path[length] = '\0';
	if (name) {
		walk->path[length] = '/';
		memcpy(walk->path + length + 1, name, strlen(name) + 1);
	}
	walk->lookup.path = walk->path;
	return 0;
}

static const char *shown_path(const struct walk *walk)
{
	return walk->path[0] ? walk->path : "/";
}

/* Opens the upper directory of a frame again. -1 with errno. */
static int upper_fd(struct walk *walk, struct frame *frame)
{
	if (frame->upper < 0)
		frame->upper = open_below(&walk->lookup, walk->stack->upper, "", walk->path,
					  frame->path_length);
	return frame->upper;
}

static void close_frame(struct walk *walk, struct frame *frame)
{
	close_fd(&frame->upper);
	chain_close(&walk->lookup, &frame->base);
	chain_close(&walk->lookup, &frame->content);
}

/* Makes frame the one whose descriptors are open and whose path lookups start from. */
static void enter_frame(struct walk *walk, struct frame *frame)
{
	walk->lookup.path_length = frame->path_length;
	walk->lookup.open[0] = &frame->base;
	walk->lookup.open[1] = &frame->content;
}

/* The frame below the top one, empty; not pushed yet. */
static struct frame *next_frame(struct walk *walk, struct error *err)
{
	struct frame *frame;

	if (walk->depth == walk->room) {
		size_t room = 2 * walk->room + 16;
		struct frame **frames = realloc(walk->frames, room * sizeof(struct frame *));

		if (!frames)
			goto no_memory;
		walk->frames = frames;
		for (; walk->room < room; walk->room++)
			frames[walk->room] = NULL;
	}
	frame = walk->frames[walk->depth];
	if (!frame) {
		frame = calloc(1, sizeof(*frame));
		if (!frame)
			goto no_memory;
		walk->frames[walk->depth] = frame;
		frame->upper = -1;
	}
	frame->base.count = frame->content.count = 0;
	frame->names_used = frame->count = frame->next = 0;
	frame->in_upper = frame->same = frame->over = frame->hidden = frame->listed = frame->own =
		false;
	frame->entry = (struct diff_entry){ 0 };
	return frame;
no_memory:
	fail(err, ENOMEM, "out of memory");
	return NULL;
}

/* Entries ------------------------------------------------------------------------------------ */

static int call(struct walk *walk, struct diff_entry *entry, struct error *err)
{
	return walk->callback(entry, walk->context, err) < 0 ? -1 : 0;
}

/* Lists the directory of a frame; its path is a prefix of walk->path. */
static int list_directory(struct walk *walk, struct frame *frame, struct error *err)
{
	struct diff_entry *entry = &frame->entry;
	char *end = walk->path + frame->path_length, saved = *end;
	int result = -1;

	if (frame->listed)
		return 0;
	*end = '\0';
	frame->listed = true;
	entry->path = shown_path(walk);
	entry->name = entry->data_name = ".";
	entry->xattrs = &walk->xattrs;
	if (frame->in_upper) {
		bool keep = frame->upper >= 0;

		entry->parent = upper_fd(walk, frame);
		if (entry->parent < 0) {
			/* gone meanwhile */
			*end = saved;
			return errno == ENOENT || errno == ENOTDIR
				       ? 0
				       : fail_errno(err, "open %s", shown_path(walk));
		}
		entry->data_parent = entry->parent;
		result = xattrs_read_at(&walk->xattrs, entry->parent, ".", err);
		marks_drop(&walk->xattrs);
		if (result == 0)
			result = call(walk, entry, err);
		if (!keep)
			close_fd(&frame->upper);
	} else {
		size_t length = walk->lookup.path_length;

		walk->lookup.path_length = frame->path_length;
		entry->parent = place_fd(&walk->lookup, &content_of(frame)->items[0]);
		entry->data_parent = entry->parent;
		result = entry->parent < 0 ? fail_errno(err, "open %s", entry->path)
					   : xattrs_read_at(&walk->xattrs, entry->parent, ".", err);
		marks_drop(&walk->xattrs);
		if (result == 0)
			result = call(walk, entry, err);
		walk->lookup.path_length = length;
	}
	*end = saved;
	return result;
}

/* The directories down to where we are: they come before what is in them. */
static int list_parents(struct walk *walk, struct error *err)
{
	size_t first = walk->depth;

	while (first > 1 && !walk->frames[first - 1]->listed)
		first--;
	/* the root is listed only for its own sake */
	for (size_t i = first ? first : 1; i < walk->depth; i++)
		if (list_directory(walk, walk->frames[i], err) < 0)
			return -1;
	return 0;
}

static unsigned changes(const struct stat *now, const struct stat *before,
			const struct xattrs *xattrs, const struct xattrs *base_xattrs)
{
	unsigned changed = 0;

	if ((now->st_mode & S_IFMT) != (before->st_mode & S_IFMT))
		return DIFF_TYPE;
	if ((S_ISCHR(now->st_mode) || S_ISBLK(now->st_mode)) && now->st_rdev != before->st_rdev)
		changed |= DIFF_TYPE;
	if (now->st_mode != before->st_mode)
		changed |= DIFF_MODE;
	if (now->st_uid != before->st_uid || now->st_gid != before->st_gid)
		changed |= DIFF_OWNER;
	if (!xattrs_equal(xattrs, base_xattrs))
		changed |= DIFF_XATTRS;
	if (S_ISDIR(now->st_mode))
		return changed;
	if ((S_ISREG(now->st_mode) || S_ISLNK(now->st_mode)) && now->st_size != before->st_size)
		changed |= DIFF_SIZE;
	if (now->st_mtim.tv_sec != before->st_mtim.tv_sec ||
	    now->st_mtim.tv_nsec != before->st_mtim.tv_nsec)
		changed |= DIFF_TIME;
	return changed;
}

/* Reads the attributes of the old state into walk->base_xattrs. */
static int read_base_xattrs(struct walk *walk, const struct found *base, struct error *err)
{
	int fd = place_fd(&walk->lookup, base->place);

	if (fd < 0)
		return fail_errno(err, "lower layer %zu: %s", base->place->layer, base->name);
	if (xattrs_read_at(&walk->base_xattrs, fd, base->name, err) < 0)
		return -1;
	marks_drop(&walk->base_xattrs);
	return 0;
}

static int list_deleted(struct walk *walk, struct frame *frame, const struct pair *pair,
			struct error *err)
{
	struct diff_entry entry = {
		.path = walk->path,
		.kind = DIFF_DELETED,
		.status = pair->base.status,
		.implied = frame->hidden,
		.parent = -1,
		.data_parent = -1,
		.xattrs = &walk->xattrs,
	};

	walk->xattrs.count = 0;
	if (list_parents(walk, err) < 0)
		return -1;
	walk->xattrs.count = 0; /* those of a parent, now */
	return call(walk, &entry, err);
}

/* Files of all kinds but directories. The new attributes are in walk->xattrs. */
static int list_file(struct walk *walk, struct frame *frame, const struct pair *pair,
		     const char *name, struct error *err)
{
	struct diff_entry entry = {
		.path = walk->path,
		.kind = pair->base.kind == FOUND_NOTHING ? DIFF_ADDED : DIFF_CHANGED,
		.status = pair->status,
		.name = pair->in_upper ? name : pair->content.name,
		.xattrs = &walk->xattrs,
	};
	cleanup_fd int data = -1;

	if (entry.kind == DIFF_CHANGED) {
		if (read_base_xattrs(walk, &pair->base, err) < 0)
			return -1;
		entry.changed = changes(&pair->status, &pair->base.status, &walk->xattrs,
					&walk->base_xattrs);
	}
	entry.data_name = entry.name;
	if (pair->marks.metacopy && S_ISREG(pair->status.st_mode)) {
		struct chain *chain = content_of(frame);
		size_t first = pair->in_upper ? 0
					      : (size_t)(pair->content.place - chain->items) + 1;
		int fd = chain_find_data(&walk->lookup, chain, first, entry.name,
					 pair->marks.redirect, &entry.data_name, err);

		if (fd < 0)
			return fail_in(err, "%s", walk->path);
		data = fcntl(fd, F_DUPFD_CLOEXEC, 0);
		if (data < 0)
			return fail_errno(err, "%s", walk->path);
	}
	entry.parent = pair->in_upper ? frame->upper : place_fd(&walk->lookup, pair->content.place);
	entry.data_parent = data >= 0 ? data : entry.parent;
	if (entry.parent < 0)
		return fail_errno(err, "%s", walk->path);
	return call(walk, &entry, err);
}

/* The walk ----------------------------------------------------------------------------------- */

/* Opens what a new frame needs, lists it if it differs by itself, and reads its names. */
static int begin_frame(struct walk *walk, struct frame *frame, struct error *err)
{
	struct chain *chain = content_of(frame);

	enter_frame(walk, frame);
	if (frame->in_upper && upper_fd(walk, frame) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return 0; /* gone meanwhile: no names */
		return fail_errno(err, "open %s", shown_path(walk));
	}
	if (((frame->entry.kind == DIFF_ADDED && !frame->own) || frame->entry.changed ||
	     frame->entry.opaque) &&
	    (frame->path_length || frame->entry.changed)) {
		if (list_parents(walk, err) < 0 || list_directory(walk, frame, err) < 0)
			return -1;
	}
	if (frame->in_upper && read_names(frame, frame->upper, err) < 0)
		return fail_in(err, "%s", shown_path(walk));
	if (!frame->same &&
	    read_chain_names(walk, frame, chain,
			     frame->over ? chain->count - frame->base.count : chain->count,
			     err) < 0)
		return fail_in(err, "%s", shown_path(walk));
	if (!frame->same && !frame->over &&
	    read_chain_names(walk, frame, &frame->base, frame->base.count, err) < 0)
		return fail_in(err, "%s", shown_path(walk));
	sort_names(frame);
	return 0;
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
			const struct pair *pair, const char *name, struct error *err)
{
	bool renamed = pair->in_upper && pair->marks.redirect[0];
	bool opaque = pair->in_upper && pair->marks.opaque;
	struct found found;

	child->path_length = strlen(walk->path);
	child->in_upper = pair->in_upper;
	child->own = is_own(walk, pair);
	child->same = frame->same && !renamed && !opaque;
	child->entry.status = pair->status;
	child->entry.kind = pair->base.kind == FOUND_NOTHING ? DIFF_ADDED : DIFF_CHANGED;
	if (pair->base.kind != FOUND_NOTHING) {
		if (read_base_xattrs(walk, &pair->base, err) < 0)
			return -1;
		child->entry.changed = changes(&pair->status, &pair->base.status, &walk->xattrs,
					       &walk->base_xattrs);
	}
	if (!child->same && !opaque) {
		if (renamed ? chain_redirect(&walk->lookup, content_of(frame), pair->marks.redirect,
					     child->path_length, &child->content, err) < 0
			    : chain_lookup(&walk->lookup, content_of(frame), name,
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
	if (child->in_upper && frame->upper >= 0)
		child->upper =
			openat(frame->upper, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	close_frame(walk, frame);
	walk->depth++;
	return begin_frame(walk, child, err);
}

/* Finds out what name is now. walk->xattrs are its attributes then, without marks. */
static int look_at_new(struct walk *walk, struct frame *frame, struct pair *pair, const char *name,
		       struct error *err)
{
	int fd = frame->in_upper ? upper_fd(walk, frame) : -1;

	if (fd >= 0 && fstatat(fd, name, &pair->status, AT_SYMLINK_NOFOLLOW) == 0) {
		pair->in_upper = true;
		pair->there = !is_whiteout(&pair->status);
	} else if (frame->in_upper && errno != ENOENT && errno != ENOTDIR) {
		return fail_errno(err, "%s", walk->path);
	} else if (!frame->same) {
		if (chain_lookup(&walk->lookup, &frame->content, name, 0, &pair->content, NULL,
				 err) < 0)
			return -1;
		pair->there = pair->content.kind != FOUND_NOTHING;
		pair->status = pair->content.status;
		if (pair->there)
			fd = place_fd(&walk->lookup, pair->content.place);
	}
	if (!pair->there)
		return 0;
	if (xattrs_read_at(&walk->xattrs, fd, pair->in_upper ? name : pair->content.name, err) <
		    0 ||
	    marks_get(walk->stack, &walk->xattrs, &pair->marks, err) < 0)
		return -1;
	if (pair->marks.whiteout && S_ISREG(pair->status.st_mode) && pair->status.st_size == 0)
		pair->there = false;
	marks_drop(&walk->xattrs);
	return 0;
}

/*
 * Compares one name and lists it or goes down into it. Parents that are not listed yet are listed
 * before: that uses walk->xattrs, so the name is then looked at again.
 */
static int look_at(struct walk *walk, struct frame *frame, const char *name, struct error *err)
{
	struct frame *child = next_frame(walk, err);
	struct pair pair = { 0 };
	bool gone;

	if (!child || set_path(walk, frame->path_length, name, err) < 0)
		return -1;
	if (chain_lookup(&walk->lookup, &frame->base, name, strlen(walk->path), &pair.base,
			 &child->base, err) < 0 ||
	    look_at_new(walk, frame, &pair, name, err) < 0)
		return fail_in(err, "%s", walk->path);
	/* in the upper directory when it was read, and now not even as a whiteout */
	gone = frame->same && !pair.there && !pair.in_upper;
	if (gone || (!pair.there && pair.base.kind == FOUND_NOTHING))
		return 0;
	if (!pair.there)
		return list_deleted(walk, frame, &pair, err);
	if (S_ISDIR(pair.status.st_mode))
		return descend_into(walk, frame, child, &pair, name, err);
	child->base.count = 0;
	if (is_own(walk, &pair) || is_untouched(frame, &pair))
		return 0;
	if (!frame->listed) {
		if (list_parents(walk, err) < 0)
			return -1;
		return look_at(walk, frame, name, err);
	}
	return list_file(walk, frame, &pair, name, err);
}

static int walk_all(struct walk *walk, struct error *err)
{
	while (walk->depth) {
		struct frame *frame = top(walk);

		if (frame->next == frame->count) {
			close_frame(walk, frame);
			walk->depth--;
			if (walk->depth)
				enter_frame(walk, top(walk));
			continue;
		}
		if (look_at(walk, frame, frame->names + frame->order[frame->next++], err) < 0)
			return -1;
	}
	return 0;
}

static int begin_root(struct walk *walk, struct error *err)
{
	struct frame *root = next_frame(walk, err);
	struct place *first;
	struct stat before;

	if (!root || set_path(walk, 0, NULL, err) < 0)
		return -1;
	root->path_length = 0;
	root->in_upper = true;
	root->same = !walk->stack->own_layers;
	root->over = !root->same;
	root->entry.kind = DIFF_CHANGED;
	walk->depth = 1;
	enter_frame(walk, root);
	if (fstat(walk->stack->upper, &root->entry.status) < 0)
		return fail_errno(err, "upper layer");
	if (chain_roots(&walk->lookup, walk->stack->own_layers, &root->base, err) < 0 ||
	    (root->over && chain_roots(&walk->lookup, 0, &root->content, err) < 0))
		return -1;
	root->over = root->over && ends_with(&root->content, &root->base);
	root->entry.opaque = !root->same && !root->over && root->base.count;
	root->hidden = root->entry.opaque;
	if (root->base.count) {
		first = &root->base.items[0];
		if (fstat(walk->stack->lowers[first->layer], &before) < 0)
			return fail_errno(err, "lower layer");
		if (xattrs_read_at(&walk->xattrs, walk->stack->upper, ".", err) < 0 ||
		    xattrs_read_at(&walk->base_xattrs, walk->stack->lowers[first->layer], ".",
				   err) < 0)
			return -1;
		marks_drop(&walk->xattrs);
		marks_drop(&walk->base_xattrs);
		root->entry.changed =
			changes(&root->entry.status, &before, &walk->xattrs, &walk->base_xattrs);
	}
	root->listed = root->entry.changed == 0; /* not for the sake of what is in it */
	return begin_frame(walk, root, err);
}

int diff_walk(const struct layer_stack *stack, diff_callback *callback, void *context,
	      struct error *err)
{
	struct walk walk = {
		.stack = stack,
		.callback = callback,
		.context = context,
		.lookup = { .stack = stack },
	};
	int result = begin_root(&walk, err);

	if (result == 0)
		result = walk_all(&walk, err);
	for (size_t i = 0; i < walk.room; i++) {
		struct frame *frame = walk.frames[i];

		if (!frame)
			continue;
		close_fd(&frame->upper);
		chain_free(&walk.lookup, &frame->base);
		chain_free(&walk.lookup, &frame->content);
		free(frame->names);
		free(frame->order);
		free(frame);
	}
	lookup_free(&walk.lookup);
	xattrs_free(&walk.xattrs);
	xattrs_free(&walk.base_xattrs);
	free(walk.frames);
	free(walk.path);
	return result;
}
