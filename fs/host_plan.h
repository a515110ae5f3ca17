/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "fs/diff.h"
#include "fs/host_area.h"
#include "fs/host_journal.h"
#include "fs/host_part.h"
#include "fs/host_since.h"

/*
 * What a commit to the host will do: the difference of each part against the host as it is now,
 * without what was not asked for, what is equal already, and what is in conflict with a change
 * that the host has made since the container's start. Changes nothing.
 */

enum host_conflict {
	HOST_NO_CONFLICT,
	HOST_CHANGED, /* by both */
	HOST_LOST,    /* changed in the container, deleted or moved on the host */
	HOST_FILLED,  /* a directory deleted or replaced in the container, changed on the host */
	HOST_MOUNTED, /* the host has something mounted there; cannot be forced */
};

/* What becomes of an entry of the difference. */
enum host_role {
	HOST_NOTHING,	 /* it is equal already, or a directory with nothing of its own to change */
	HOST_SKIPPED,	 /* because of a conflict */
	HOST_MOVES,	 /* it is exchanged: an operation */
	HOST_WITHIN,	 /* it comes with a directory above it, which is new as a whole */
	HOST_ATTRIBUTES, /* a directory: its attributes are set */
};

struct host_change {
	size_t part;
	const char *path; /* in the part */
	enum diff_kind kind;
	enum host_role role;
	enum host_conflict conflict; /* with another role than skipped: it was forced */
	bool asked;		     /* not only a directory that something below needs */
	size_t operation;	     /* of HOST_MOVES and HOST_WITHIN */
};

/* Where an area will be made. */
struct host_plan_area {
	size_t part;
	const char *directory; /* in the part; "": its root */
	const char *folder;    /* in it: see host_area_folder() */
	struct stat status;    /* of the directory */
	struct host_realm realm;
};

struct host_plan_options {
	struct host_since since; /* the start of the container */
	struct timespec now;
	/* Absolute, clean paths of the host: they and what is below. Empty: everything. */
	struct string_list paths;
	struct string_list mounts; /* host_mounts_read() */
	bool force;
};

struct host_plan {
	struct host_change *changes; /* in the order of diff_walk(), part after part */
	size_t count;
	struct journal journal;
	struct host_plan_area *areas;
	size_t area_count;
	size_t conflicts; /* that are skipped */
	size_t added, changed, deleted;
};

/*
 * Everything in *plan is in the arena. Fails with ENOENT if one of options->paths has no change,
 * with EROFS, EACCES or EPERM if a directory that has to be changed cannot be.
 */
int host_plan(const struct host_part *parts, size_t part_count,
	      const struct host_plan_options *options, struct arena *arena, struct host_plan *plan,
	      struct error *err);

/* Says of a conflict what it is. */
const char *host_conflict_text(enum host_conflict conflict);

/* The path on the host of a path in a part. */
char *host_path(struct arena *arena, const char *target, const char *path);
