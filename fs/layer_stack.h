/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/string_list.h"

/*
 * The directories that an overlay mount joins, as they are on disk: diff and archive read them
 * themselves, so that they need no mount and see which layer a thing is from.
 *
 * All descriptors are directories and stay the caller's. The source for what the marks in them
 * mean (whiteouts, opaque directories, redirects, metacopies) is the kernel's
 * Documentation/filesystems/overlayfs.rst.
 */
struct layer_stack {
	int upper;	   /* the writable layer */
	const int *lowers; /* the read-only layers, topmost first */
	size_t lower_count;
	/*
	 * How many of the lowers, from the top, are the container's own: writable layers of earlier
	 * times that a snapshot or a clone has made read-only. What they have is part of the
	 * difference.
	 */
	size_t own_layers;
	/*
	 * Whether the mount has the option "userxattr": its marks are user.overlay.* then. Never
	 * set otherwise, for those attributes are under the container's control.
	 */
	bool user_xattr;
	const struct string_list
		*own; /* fs/own_paths.h: added paths that are no changes; NULL: none */
};

/*
 * Opens a layer as overlayfs sees it: without what is mounted on it, which matters for "/".
 * Without the privilege for that (open_tree(2), OPEN_TREE_CLONE) it is just the directory.
 * Returns an O_PATH descriptor, the caller's.
 */
int layer_open(const char *path, struct error *err);
