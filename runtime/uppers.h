/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "runtime/handle.h"
#include "runtime/settings.h"

/*
 * Writable layers that were made read-only: <data-root>/uppers/NAME. A snapshot or a clone pushes
 * the container's writable layer there, by rename, and the container goes on with an empty one over
 * it: nothing is copied, whatever its size. They are its own layers (struct state, own_layers), the
 * topmost of its lower directories.
 *
 * One layer may be of several containers and snapshots. Who counts are their documents:
 * container.json and snapshots.json. A layer that none of them names is rubbish.
 *
 * The folder's flock(2) is taken after a container's: shared from before a layer is made, or a
 * document takes one over from another, until the document that names it is written; exclusive
 * while layers that nobody names are removed. Who has it waits for no container's lock.
 */
#define UPPERS_FOLDER "uppers"

struct uppers {
	int dir;    /* locked; -1: not open */
	char *path; /* absolute */
	/* What a push has replaced by one layer: to be released when this was closed. */
	struct string_list left;
	char *copy; /* what uppers_capture() has made and no document names yet */
};

#define UPPERS_NONE ((struct uppers){ .dir = -1 })
#define cleanup_uppers __attribute__((cleanup(uppers_close)))

/* Opens and locks the folder; makes it if it is missing. */
int uppers_open(struct uppers *uppers, const struct settings *settings, bool exclusive,
		struct arena *arena, struct error *err);
void uppers_close(struct uppers *uppers);

/*
 * The own layers that a container would have below an empty writable one, as it is now: by a push
 * if it has stopped, else with a copy of the writable layer (runtime/live_copy.h), which is then
 * no layer of the container itself.
 */
int uppers_capture(const struct settings *settings, struct uppers *uppers, struct handle *handle,
		   struct arena *arena, struct string_list *layers, struct error *err);
/* Removes what it has made, if no document came to name it. */
int uppers_drop_copy(struct uppers *uppers, struct arena *arena, struct error *err);

/* Whether a container has one writable layer, which can be pushed. ENOTSUP says why not. */
int uppers_check(const struct handle *handle, struct error *err);

/*
 * A container has at most so many of them: a lookup of what is nowhere asks every layer, and the
 * kernel takes 500 in all, those of the image too. The next push then makes one of all, by hard
 * links (fs/layer_merge.h); who has the old ones keeps them.
 */
#define UPPERS_MAX 32

/*
 * Pushes the writable layer of a stopped container that the caller has locked, and writes its
 * record. An empty one stays where it is. Every moment of it leaves a container with the same
 * contents, also for who is killed: the record first gets a new and empty lower layer, and then
 * that and the writable one change places (renameat2(2), RENAME_EXCHANGE).
 */
int uppers_push(struct uppers *uppers, struct handle *handle, struct arena *arena,
		struct error *err);

/* Makes an empty layer for a name of its own; *path is its absolute path. Returns its descriptor.
 */
int uppers_make(const struct uppers *uppers, struct arena *arena, char **path, struct error *err);

/*
 * Makes directory to, the root of a layer, what from is: mode, owner, attributes, without the
 * marks of overlayfs.
 */
int uppers_copy_root(int from, int to, struct error *err);

/* Removes those of paths that nobody names (any more). */
int uppers_release(const struct settings *settings, const struct string_list *paths,
		   struct arena *arena, struct error *err);

/* Removes all that nobody names: what a crash has left. *removed counts. */
int uppers_prune(const struct settings *settings, size_t *removed, struct error *err);
