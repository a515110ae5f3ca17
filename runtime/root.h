/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/handle.h"

/*
 * The root of a container as a directory to look into: of a running one its own mounts, of one
 * that has stopped its layers joined as they will be again. Nothing of the container is executed,
 * and nothing is mounted where anybody else could see it.
 *
 * Whatever is below is the container's work: names are resolved with base/path.h only.
 */

enum root_view {
	ROOT_ALONE, /* what the container's root has where something is mounted upon it, too */
	/*
	 * With its mounts while it runs; else with the binds of its spec, unless it has a user
	 * namespace, in which these have other owners than the root.
	 */
	ROOT_MOUNTS
};

struct container_root {
	int fd; /* the root; the caller's */
	/*
	 * Of one that does not run it holds the lock, so that nobody starts it meanwhile; of one
	 * that runs it holds none.
	 */
	struct handle handle;
	struct spec spec;
	/* How owners as they show at fd are the container's; empty: they are. */
	struct spec_id_mappings uids, gids;
};

#define CONTAINER_ROOT_NONE ((struct container_root){ .fd = -1, .handle = HANDLE_NONE })

/*
 * write: what has stopped gets its writable layer, if it has one; otherwise it is a read-only view.
 * Whatever the result: container_root_close().
 */
int container_root_open(const struct settings *settings, const char *id, enum root_view view,
			bool write, struct arena *arena, struct container_root *root,
			struct error *err);
void container_root_close(struct container_root *root);

#define cleanup_container_root __attribute__((cleanup(container_root_close)))
