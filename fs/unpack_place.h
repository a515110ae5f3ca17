/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "fs/unpack.h"

/*
 * From a name in a hostile archive to the directory that the entry comes into, and its name there.
 * For fs/unpack_tree.c.
 *
 * Names are split into components here; an absolute one, one with ".." in it, and one that leads
 * through a link or a file are refused (of a merge see struct unpack_merge). What is missing on the
 * way is made (0755, root's).
 */

struct unpack_place {
	int root; /* the caller's */
	const struct unpack_options *options;
	/* the directory of the last path, since most often the next one is in it too; -1: none */
	int parent;
	char *parent_path;
	size_t parent_length, parent_room;
	/* the path at work, cleaned: "a/b", or "" for the root; its last component starts at name */
	char *path;
	size_t path_length, path_room;
	char *name;
};

/* Cleans path into place->path and opens nothing. EINVAL, ENAMETOOLONG. */
int unpack_place_name(struct unpack_place *place, const char *path, struct error *err);
/* The same, and opens the directory that its last component is in: place->parent. */
int unpack_place_go(struct unpack_place *place, const char *path, struct error *err);
/* The same for everything but a directory, which alone may be the root. */
int unpack_place_go_file(struct unpack_place *place, const char *path, struct error *err);
/* Closes the parent: it is opened anew for the next path. */
void unpack_place_leave(struct unpack_place *place);
void unpack_place_free(struct unpack_place *place);

/* Opens a directory of the tree, the first length bytes of path; the caller's. -1 with errno. */
int unpack_place_open(struct unpack_place *place, char *path, size_t length);
/*
 * Removes what is at the place of a new entry. Of a merge a directory only if that was said
 * (EISDIR), and never where something is mounted (EBUSY).
 */
int unpack_place_clear(struct unpack_place *place, struct error *err);

/* Marks the directory fd: lower layers do not show through below it. */
int unpack_place_mark_opaque(struct unpack_place *place, int fd, struct error *err);
/* Whether name in dir is what hides a name of the layers below. */
bool unpack_is_whiteout(int dir, const char *name);
