/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/unpack.h"
#include "fs/xattrs.h"

/*
 * The directory that a layer is unpacked into: makes one thing at a time at a path that a hostile
 * archive names. For fs/unpack.c.
 *
 * Paths are split into components here; an absolute one, one with ".." in it, and one that leads
 * through a link or a file are refused. What is missing of a path is made (0755, root's). Whatever
 * is there already is replaced, except a directory by a directory.
 */

#define UNPACK_MAX_XATTRS 256

struct unpack_metadata {
	mode_t mode; /* with the kind only for nodes */
	uid_t uid;
	gid_t gid;
	dev_t device;
	struct timespec times[2];
	struct xattr xattrs[UNPACK_MAX_XATTRS]; /* values are libarchive's */
	size_t xattr_count;
};

struct unpack_tree {
	int root; /* the caller's */
	const struct unpack_options *options;
	/* the directory of the last path, since most often the next one is in it too */
	int parent;
	char *parent_path;
	size_t parent_length, parent_room;
	/* the path at work, cleaned; its last component starts at name */
	char *path;
	size_t path_length, path_room;
	char *name;
	/* times and modes of directories are set at the end: what comes into them changes them */
	struct arena arena;
	struct unpack_directory *directories;
	size_t count, room;
};

int unpack_tree_begin(struct unpack_tree *tree, struct error *err);
/* Sets what was left for the end. */
int unpack_tree_end(struct unpack_tree *tree, struct error *err);
void unpack_tree_free(struct unpack_tree *tree);

/* Of a merge: makes of the metadata that came what the target gets. */
int unpack_tree_adapt(const struct unpack_tree *tree, struct unpack_metadata *metadata,
		      bool directory, struct error *err);

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
