/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/diff.h"
#include "fs/lower_lookup.h"
#include "fs/name_list.h"

/*
 * What diff_walk() works with: diff.c goes through the directories, diff_frame.c keeps those on the
 * way, diff_list.c tells the caller. For these three only.
 *
 * The walk goes down the merged directories that differ. Each has two chains of lower
 * directories: "base", what the container would see there without the upper layer, and
 * "content", what shows through below the upper directory. They are the same, and then only the
 * names in the upper directory can differ, unless a directory on the way is opaque (nothing
 * shows through) or was renamed (something else shows through). In those all names are compared.
 * In between are the directories of a container with layers of its own below the upper one:
 * "content" is then those layers' places on top of "base", and only the names in them are added.
 *
 * There is no recursion, and only the directory that we are in and a few above it have descriptors
 * open: the others are opened again by path on the way back up.
 */
struct frame {
	size_t path_length; /* of walk.path, without a final slash */
	bool in_upper;
	bool same;   /* content is base */
	bool over;   /* content ends with base */
	bool hidden; /* this or a directory above is opaque: deletions are implied */
	bool listed;
	bool own;	/* made by ctr itself: listed for the sake of what is in it only */
	bool whiteouts; /* of upper: empty files with the attribute overlay.whiteout are some */
	int upper;	/* -1: not open now */
	struct chain base, content;
	struct diff_entry entry; /* of the directory itself */
	struct name_list
		names; /* to look at; their kinds are those in upper if all are from there */
	size_t next;
	struct name_list below; /* the names in base */
	bool below_known;
};

struct walk {
	const struct layer_stack *stack;
	unsigned needs; /* enum diff_need */
	diff_callback *callback;
	void *context;
	struct frame **frames; /* as many as the walk was ever deep: their buffers are kept */
	size_t depth, room;
	char *path; /* of what is looked at, starts with "/" unless it is the root: "" */
	size_t path_room;
	struct lookup lookup;
	struct xattrs xattrs, base_xattrs, directory_xattrs;
};

/* What one name is: in the merged view and in the one of the lower layers alone. */
struct pair {
	struct found base;    /* old */
	struct stat status;   /* new */
	bool there;	      /* new: is there at all */
	bool in_upper;	      /* new: from the upper layer */
	int fd;		      /* new: an opened file or directory of the upper layer, or -1 */
	struct found content; /* new, if it is from a lower layer */
	struct marks marks;   /* new */
};

/* diff_frame.c ------------------------------------------------------------------------------- */

struct frame *frame_top(struct walk *walk);
struct chain *frame_content(struct frame *frame);
/* The frame below the top one, empty; not pushed yet. */
struct frame *frame_next(struct walk *walk, struct error *err);
/* Makes frame the one whose descriptors are open and whose path lookups start from. */
void frame_enter(struct walk *walk, struct frame *frame);
void frame_close(struct walk *walk, struct frame *frame);
/* On the way down: closes what is not to be kept open. */
void frame_leave(struct walk *walk, struct frame *frame);
/* Opens the upper directory of a frame again. -1 with errno. */
int frame_upper(struct walk *walk, struct frame *frame);
/* Reads the names to look at, and those below where that saves lookups. */
int frame_read_names(struct walk *walk, struct frame *frame, struct error *err);
void frames_free(struct walk *walk);

/* Sets walk->path to the first length bytes of it, and "/" + name behind that. */
int walk_set_path(struct walk *walk, size_t length, const char *name, struct error *err);
/* The path as the container sees it. */
const char *walk_path(const struct walk *walk);

/* diff_list.c -------------------------------------------------------------------------------- */

/* In what the new state differs from the old one: enum diff_change. */
unsigned diff_changes(const struct stat *now, const struct stat *before,
		      const struct xattrs *xattrs, const struct xattrs *base_xattrs);
/* Reads the attributes of the old state into walk->base_xattrs. */
int read_base_xattrs(struct walk *walk, const struct found *base, struct error *err);
/* The directories down to where we are, and that of frame itself. */
int list_parents(struct walk *walk, struct error *err);
int list_directory(struct walk *walk, struct frame *frame, struct error *err);
int list_deleted(struct walk *walk, struct frame *frame, const struct pair *pair,
		 struct error *err);
/* Files of all kinds but directories. The new attributes are in walk->xattrs. */
int list_file(struct walk *walk, struct frame *frame, const struct pair *pair, const char *name,
	      struct error *err);
