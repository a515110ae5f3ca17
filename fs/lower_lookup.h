/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/overlay_marks.h"

/*
 * What is below a path in the lower layers: the lookup that overlayfs does (fs/overlayfs/namei.c),
 * in directories on disk. For fs/diff.c only.
 *
 * A merged directory is a chain of places, the directories of the layers that show through in it,
 * topmost first. Descriptors are opened when needed and closed when there are too many.
 */

struct place {
	size_t layer; /* of layer_stack.lowers */
	/*
	 * The path in the layer is prefix and then the walk's path from offset skip on: they
	 * differ below a directory that was renamed.
	 */
	const char *prefix;
	size_t skip;
	bool xattr_whiteouts; /* an empty file with the attribute overlay.whiteout is one */
	int fd;		      /* -1: not open now */
};

struct chain {
	struct place *items;
	size_t count, room;
};

/* The state of a walk through the layers. */
struct lookup {
	const struct layer_stack *stack;
	const char *path; /* of the directory whose places are asked for: "" or "/a/b" */
	size_t path_length;
	struct arena arena;	 /* prefixes */
	struct chain scratch[3]; /* of redirects */
	struct chain *open[5];	 /* the chains that have descriptors open; NULL: none */
	unsigned open_count;
	struct xattrs xattrs;
	char *buffer; /* for paths */
	size_t buffer_room;
};

enum found_kind { FOUND_NOTHING, FOUND_DIRECTORY, FOUND_OTHER };

struct found {
	enum found_kind kind;
	struct stat status;
	struct place *place; /* the place of the topmost */
	const char *name;    /* of it in there */
};

/* Makes chain that of the roots of the layers from number first on. */
int chain_roots(struct lookup *lookup, size_t first, struct chain *chain, struct error *err);

/*
 * Looks name up in the directory of the chain parents. If below is not NULL and it is a directory,
 * *below becomes its chain, with descriptors already open where few are; child_length is then the
 * length of the walk's path in it.
 */
int chain_lookup(struct lookup *lookup, struct chain *parents, const char *name,
		 size_t child_length, struct found *found, struct chain *below, struct error *err);

/*
 * The chain of a directory that has a redirect: a name beside it in parents, or a path from the
 * root. Empty if there is no such directory.
 */
int chain_redirect(struct lookup *lookup, struct chain *parents, const char *redirect,
		   size_t child_length, struct chain *below, struct error *err);

/*
 * Where the content of a metacopy is: looks through parents from number first on. Returns the
 * directory's descriptor, valid until the next lookup, and its name in it.
 */
int chain_find_data(struct lookup *lookup, struct chain *parents, size_t first, const char *name,
		    const char *redirect, const char **data_name, struct error *err);

/* The descriptor of a place, O_RDONLY; the lookup's own. -1 with errno, without struct error. */
int place_fd(struct lookup *lookup, struct place *place);

/* Opens a directory of any depth below root, through no link. -1 with errno. */
int open_below(struct lookup *lookup, int root, const char *prefix, const char *rest,
	       size_t rest_length);

void chain_close(struct lookup *lookup, struct chain *chain);
void chain_free(struct lookup *lookup, struct chain *chain);
void lookup_free(struct lookup *lookup);
