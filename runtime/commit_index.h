/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "fs/image_commit.h"
#include "fs/layer_delta.h"
#include "fs/stage.h"
#include "runtime/state.h"

/*
 * Why the next commit of a container reads only what has changed: beside its record lies the index
 * of what its layer was at the last one (fs/layer_index.h). The new image has the layers of that
 * one and one more.
 *
 *	commit_index_open()	is there an index, and does the store have its image?
 *	commit_index_known()	a stage need not copy this
 *	commit_index_stage()	what is archived is the stage's copy
 *	commit_index_begin()	right before the layer is archived
 *	commit_index_end()	the image has a digest: the new index is on disk, not in its place yet
 *	commit_index_publish()	the image is named
 *	commit_index_close()	after any of them
 *
 * Killed before the last but one the old index is there, with an image that is still what it says.
 */
/*
 * An image has at most so many layers of changes over the last whole one: each costs a lookup
 * and an unpacked folder wherever it is run. And they are not larger, all together, than that one
 * and this much: what was written over and over again is in each of them.
 */
#define COMMIT_INDEX_MAX_DELTAS 16
#define COMMIT_INDEX_SLACK ((uint64_t)16 << 20)

struct commit_index {
	int data; /* the container's folder, the caller's */
	struct layer_index *before;
	struct layer_index_writer after;
	struct layer_delta delta;
	uint64_t base;
	struct staged_file *files; /* what the stage has copied, in the order of paths */
	size_t file_count;
};

#define COMMIT_INDEX_NONE                                                                          \
	{                                                                                          \
		.data = -1, .after = {.fd = -1 }                                                   \
	}

/*
 * Sets image->previous to the image of the last commit if this one can be made on top of it. A
 * broken index is none. image_commit_begin() comes next; if that does not find the image any more,
 * commit_index_forget(). full: none is looked for.
 */
void commit_index_open(struct commit_index *index, int data, const struct state *state, bool full,
		       struct image_commit *image);
/* This commit is of everything. */
void commit_index_forget(struct commit_index *index);

/* May be called by several threads. */
bool commit_index_known(const struct commit_index *index, const char *path,
			const struct stat *status);

int commit_index_stage(struct commit_index *index, const struct stage *stage, struct arena *arena,
		       struct error *err);
int commit_index_begin(struct commit_index *index, struct image_commit *image, struct error *err);
int commit_index_end(struct commit_index *index, const struct image_commit *image,
		     struct error *err);
int commit_index_publish(struct commit_index *index, struct error *err);
void commit_index_close(struct commit_index *index);
