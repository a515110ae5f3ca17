/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/diff.h"
#include "fs/host_journal.h"

/*
 * Takes a commit to the host back: the very files that it has replaced or deleted come again, by
 * rename, and what it has added goes. As atomic as the commit, and by the same journal.
 */

enum host_undo_conflict {
	UNDO_NO_CONFLICT,
	UNDO_CHANGED,	/* since the commit, by others */
	UNDO_REPLACED,	/* another one is there */
	UNDO_GONE,	/* what the commit had put there was deleted */
	UNDO_CREATED,	/* where the commit had deleted something there is something again */
	UNDO_NO_PARENT, /* the directory above is gone; cannot be forced */
	UNDO_MOUNTED,	/* cannot be forced */
};

struct host_undo_item {
	const char *path;    /* on the host */
	enum diff_kind kind; /* what the undo does to it: adds, changes, deletes */
	bool directory;	     /* only its attributes */
	enum host_undo_conflict conflict;
	bool skipped; /* because of it; otherwise it was forced */
};

struct host_undo_request {
	const char *data_root;
	const char *which; /* a number, or the container whose last one; NULL: the last of all */
	bool force, dry_run;
};

struct host_undo_result {
	unsigned number;
	const char *container, *time; /* of the commit */
	struct host_undo_item *items; /* in the arena */
	size_t count, skipped;
};

/* ENOENT: there is no such commit, or nothing to undo. */
int host_undo(const struct host_undo_request *request, struct arena *arena,
	      struct host_undo_result *result, struct error *err);

const char *host_undo_text(enum host_undo_conflict conflict);

/* One that can be undone. */
struct host_undo_entry {
	unsigned number;
	struct journal_state state;
};

/* Those that there are, the latest last. */
int host_undo_list(const char *data_root, struct arena *arena, struct host_undo_entry **entries,
		   size_t *count, struct error *err);

/*
 * Gives up the old files of one commit, or of all (which NULL), so that it cannot be undone any
 * more. *dropped counts them.
 */
int host_undo_drop(const char *data_root, const char *which, size_t *dropped, struct error *err);

/*
 * Forgets what is only kept, for later commits of the container, of those that have been undone or
 * dropped, if that container is gone. exists tells of a container.
 */
int host_undo_tidy(const char *data_root, bool (*exists)(const char *container, void *context),
		   void *context, struct error *err);
