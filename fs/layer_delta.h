/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "fs/diff.h"
#include "fs/layer_index.h"

/*
 * The difference of a writable layer from the image that was committed of it before, instead of
 * from what the container stands on: what diff_walk() lists now is compared with what it listed
 * then.
 *
 *  - What is the same file with the same content is left out, a directory unless something in it
 *    is listed.
 *  - What is gone is deleted, one entry for a directory with all that was in it. So are the things
 *    that an opaque directory hides: no entry is opaque or implied.
 *  - What has become what it was in the lower layers again, which only a rollback can do to a
 *    file, cannot be said: ESTALE, and all must be archived.
 *
 * Over the earlier image the listed entries give what all entries give over the lower layers.
 */

/* The file that a path of the layer is, where stack has a copy of it (fs/stage.h). */
typedef bool layer_identity(void *context, const char *path, struct stat *status, bool *racy);

struct layer_delta {
	const struct layer_index *before; /* NULL: all is listed */
	struct layer_index_writer *after; /* gets what is there now; NULL: nobody does */
	struct timespec now;		  /* before the layer was looked at: for racy ctimes */
	layer_identity *identity;	  /* NULL: stack is the layer itself */
	void *context;
};

int layer_delta_walk(const struct layer_delta *delta, const struct layer_stack *stack,
		     diff_callback *callback, void *context, struct error *err);
