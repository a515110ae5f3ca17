/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/unpack_metadata.h"
#include "fs/unpack_place.h"

/*
 * The directory that a layer is unpacked into: makes one thing at a time at a path that a hostile
 * archive names (fs/unpack_place.h). For fs/unpack.c and fs/tree_copy.c.
 *
 * Whatever is there already is replaced, except a directory by a directory.
 */

struct unpack_tree {
	struct unpack_place place;
	/* times and modes of directories are set at the end: what comes into them changes them */
	struct arena arena;
	struct unpack_directory *directories;
	size_t count, room;
};

int unpack_tree_begin(struct unpack_tree *tree, struct error *err);
/* Sets what was left for the end. */
int unpack_tree_end(struct unpack_tree *tree, struct error *err);
void unpack_tree_free(struct unpack_tree *tree);

/* Whether the last component starts with ".wh.": not a file but a mark. */
bool unpack_tree_is_mark(const char *path);
int unpack_tree_mark(struct unpack_tree *tree, const char *path, struct error *err);

/* Makes an empty file to be written to. Returns its descriptor. */
int unpack_tree_file(struct unpack_tree *tree, const char *path, struct error *err);
int unpack_tree_finish_file(struct unpack_tree *tree, int fd,
			    const struct unpack_metadata *metadata, struct error *err);

int unpack_tree_directory(struct unpack_tree *tree, const char *path,
			  const struct unpack_metadata *metadata, struct error *err);
int unpack_tree_link(struct unpack_tree *tree, const char *path, const char *target,
		     const struct unpack_metadata *metadata, struct error *err);
/* target is a path in the archive, which must have been unpacked before. */
int unpack_tree_hard_link(struct unpack_tree *tree, const char *path, const char *target,
			  struct error *err);
/* FIFOs and devices. */
int unpack_tree_node(struct unpack_tree *tree, const char *path,
		     const struct unpack_metadata *metadata, struct error *err);
