/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/mount_table.h"
#include "base/string_list.h"

/*
 * A copy-on-write view of the whole tree of this host, as `ctr try` has it: which mount of the host
 * becomes what in there. /proc, /sys and /dev are none of it: they are the sandbox's own.
 */

enum view_part_kind {
	VIEW_COW,	/* an overlay over it */
	VIEW_READ_ONLY, /* bound */
	VIEW_WRITABLE,	/* the host's own, with all that is mounted below */
	VIEW_FOLDER,	/* what is in it has parts of its own, one for each name */
	VIEW_LEFT_OUT,	/* what is seen is the folder that it is mounted on */
};

struct view_part {
	const char *path; /* clean */
	const char *type; /* of its filesystem; NULL: of VIEW_WRITABLE */
	enum view_part_kind kind;
	uint64_t attributes; /* MOUNT_ATTR_*: nothing may be more than it is on the host */
	bool file;	     /* a single one is mounted there */
	const char *note;    /* why it is not copy-on-write, if a user should know; NULL */
};

/*
 * Sorted as path_compare() does: what is above comes first. The root itself is not among them
 * unless it is a VIEW_FOLDER.
 */
struct host_view {
	struct view_part *items;
	size_t count;
};

struct host_view_options {
	const struct mount_table *mounts;
	struct string_list writable; /* absolute and clean; parts of the host that may change */
	/*
	 * The mounts belong to another user namespace than ours: none of them can be had without
	 * what is mounted on it (mount_namespaces(7), "locked"). Folders above a mount then become
	 * VIEW_FOLDER.
	 */
	bool locked;
	struct string_list hidden; /* nothing of what is mounted here or below */
};

/*
 * Plans the view. Of mounts one over the other, and of those that a later mount has covered, only
 * what can be seen is part of it. Pure.
 */
void host_view_plan(struct arena *arena, const struct host_view_options *options,
		    struct host_view *view);

/*
 * The top of the part that path is in, among those of a locked view: a mount, or a name in a
 * VIEW_FOLDER. In the arena.
 */
const char *host_view_top(struct arena *arena, const struct host_view *view, const char *path);

/* Makes path, and what is above it in its part, folders of which each name is a part. Pure. */
void host_view_split(struct arena *arena, struct host_view *view, const char *path);

/* The plan as text, a line for each part. */
void host_view_print(FILE *stream, const struct host_view *view);
