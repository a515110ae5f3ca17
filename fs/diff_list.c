/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "fs/diff_work.h"

static int call(struct walk *walk, struct diff_entry *entry, struct error *err)
{
	return walk->callback(entry, walk->context, err) < 0 ? -1 : 0;
}

/* A descriptor of a frame's directory; frame need not be the top one. -1 with errno. */
static int open_directory(struct walk *walk, struct frame *frame)
{
	size_t length = walk->lookup.path_length;
	int fd;

	if (frame->in_upper)
		return frame_upper(walk, frame);
	walk->lookup.path_length = frame->path_length;
	fd = place_fd(&walk->lookup, &frame_content(frame)->items[0]);
	walk->lookup.path_length = length;
	return fd;
}

/* The path of frame is walk->path. */
static int list_opened(struct walk *walk, struct frame *frame, struct error *err)
{
	struct diff_entry *entry = &frame->entry;

	entry->path = walk_path(walk);
	entry->name = entry->data_name = ".";
	entry->xattrs = &walk->directory_xattrs;
	entry->parent = entry->data_parent = -1;
	walk->directory_xattrs.count = 0;
	if (!(walk->needs & DIFF_ATTRIBUTES))
		return call(walk, entry, err);
	entry->parent = entry->data_parent = open_directory(walk, frame);
	if (entry->parent < 0) {
		/* gone meanwhile */
		if (frame->in_upper && (errno == ENOENT || errno == ENOTDIR))
			return 0;
		return fail_errno(err, "open %s", entry->path);
	}
	if (xattrs_read_fd(&walk->directory_xattrs, entry->parent, err) < 0)
		return fail_in(err, "%s", entry->path);
	marks_drop(&walk->directory_xattrs);
	return call(walk, entry, err);
}

int list_directory(struct walk *walk, struct frame *frame, struct error *err)
{
	char *end = walk->path + frame->path_length, saved = *end;
	bool keep = frame->upper >= 0;
	int result;

	if (frame->listed)
		return 0;
	*end = '\0';
	frame->listed = true;
	result = list_opened(walk, frame, err);
	if (!keep)
		close_fd(&frame->upper);
	*end = saved;
	return result;
}

int list_parents(struct walk *walk, struct error *err)
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

unsigned diff_changes(const struct stat *now, const struct stat *before,
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

int read_base_xattrs(struct walk *walk, const struct found *base, struct error *err)
{
	int fd = place_fd(&walk->lookup, base->place);

	if (fd < 0)
		return fail_errno(err, "lower layer %zu: %s", base->place->layer, base->name);
	if (xattrs_read_at(&walk->base_xattrs, fd, base->name, err) < 0)
		return -1;
	marks_drop(&walk->base_xattrs);
	return 0;
}

int list_deleted(struct walk *walk, struct frame *frame, const struct pair *pair, struct error *err)
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

	if (list_parents(walk, err) < 0)
		return -1;
	walk->xattrs.count = 0;
	return call(walk, &entry, err);
}

/* Where the new state is on disk. -1 with errno. */
static int parent_of(struct walk *walk, struct frame *frame, const struct pair *pair)
{
	return pair->in_upper ? frame->upper : place_fd(&walk->lookup, pair->content.place);
}

static int find_changes(struct walk *walk, struct frame *frame, const struct pair *pair,
			struct diff_entry *entry, struct error *err)
{
	int parent = parent_of(walk, frame, pair);

	if (parent < 0)
		return fail_errno(err, "%s", walk->path);
	if (!(walk->needs & DIFF_ATTRIBUTES)) {
		if (xattrs_read_at(&walk->xattrs, parent, entry->name, err) < 0)
			return -1;
		marks_drop(&walk->xattrs);
	}
	if (read_base_xattrs(walk, &pair->base, err) < 0)
		return -1;
	entry->changed =
		diff_changes(&pair->status, &pair->base.status, &walk->xattrs, &walk->base_xattrs);
	return 0;
}

/* Finds the content of a metacopy; *data is a descriptor of the directory where it is. */
static int find_data(struct walk *walk, struct frame *frame, const struct pair *pair,
		     struct diff_entry *entry, int *data, struct error *err)
{
	struct chain *chain = frame_content(frame);
	size_t first = pair->in_upper ? 0 : (size_t)(pair->content.place - chain->items) + 1;
	int fd = chain_find_data(&walk->lookup, chain, first, entry->name, pair->marks.redirect,
				 &entry->data_name, err);

	if (fd < 0)
		return fail_in(err, "%s", walk->path);
	*data = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return *data < 0 ? fail_errno(err, "%s", walk->path) : 0;
}

int list_file(struct walk *walk, struct frame *frame, const struct pair *pair, const char *name,
	      struct error *err)
{
	struct diff_entry entry = {
		.path = walk->path,
		.kind = pair->base.kind == FOUND_NOTHING ? DIFF_ADDED : DIFF_CHANGED,
		.status = pair->status,
		.name = pair->in_upper ? name : pair->content.name,
		.opened = pair->fd >= 0 && !pair->marks.metacopy,
		.content = pair->fd,
		.xattrs = &walk->xattrs,
	};
	cleanup_fd int data = -1;

	if (entry.kind == DIFF_CHANGED && (walk->needs & DIFF_CHANGES) &&
	    find_changes(walk, frame, pair, &entry, err) < 0)
		return -1;
	entry.data_name = entry.name;
	if ((walk->needs & DIFF_ATTRIBUTES) && pair->marks.metacopy &&
	    S_ISREG(pair->status.st_mode) && find_data(walk, frame, pair, &entry, &data, err) < 0)
		return -1;
	entry.parent = parent_of(walk, frame, pair);
	if (entry.parent < 0)
		return fail_errno(err, "%s", walk->path);
	entry.data_parent = data >= 0 ? data : entry.parent;
	if (!(walk->needs & DIFF_ATTRIBUTES))
		walk->xattrs.count = 0;
	return call(walk, &entry, err);
}
