/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>

#include "base/error.h"
#include "fs/layer_stack.h"
#include "fs/xattrs.h"

/*
 * The difference between what a container sees and its lower layers.
 *
 * It is one of the merged views, not of the files on disk: a whiteout is a deletion, an opaque
 * directory deletes what the layers below have in it, a directory that was renamed (redirect) is
 * added with everything in it, a metacopy has the content of the file below.
 *
 * What is listed:
 *  - whatever is new, changed or deleted. A file that was copied up is listed as changed even if
 *    nothing in it changed, as docker and podman do: to know would mean to read it.
 *  - a directory that is in the upper layer only because of something in it, as changed, if
 *    something in it is listed: parents come with their children, so that the list is a tree.
 *  - not: a directory with the same mode, owner and attributes as below and nothing listed in
 *    it, whatever its times. The root only if its mode, owner or attributes changed.
 *  - below a deleted path nothing, and nothing below a directory that a file took the place of.
 *
 * The order is that of a walk with the names of each directory sorted by bytes; a directory
 * comes before what is in it. The same layers always give the same list.
 */

enum diff_kind { DIFF_ADDED, DIFF_CHANGED, DIFF_DELETED };

/* In what a changed entry differs from the one below; none of them is no proof of equality. */
enum diff_change {
	DIFF_TYPE = 1 << 0, /* another kind of file, or another device number */
	DIFF_MODE = 1 << 1,
	DIFF_OWNER = 1 << 2,
	DIFF_SIZE = 1 << 3,  /* of a regular file or link */
	DIFF_TIME = 1 << 4,  /* of modification, except of directories */
	DIFF_XATTRS = 1 << 5 /* without the marks of overlayfs */
};

/* One listed path. Everything in it is valid until the callback returns. */
struct diff_entry {
	const char *path; /* absolute as the container sees it; "/" is the root */
	enum diff_kind kind;
	unsigned changed;   /* enum diff_change; 0 unless kind is DIFF_CHANGED */
	struct stat status; /* of the thing itself; of what was deleted: as it was */
	bool opaque;	    /* a directory below which the lower layers do not show through */
	bool implied;	    /* deleted by an opaque directory, not by a whiteout of its own */
	/* Where it is on disk; -1 and NULL when it was deleted. */
	int parent;	  /* an O_RDONLY or O_PATH descriptor of a directory */
	const char *name; /* in parent; "." is parent itself */
	/* Where the content of a regular file is: differs from the above for a metacopy. */
	int data_parent;
	const char *data_name;
	/* Whether the walk has opened a regular file: content is a descriptor of it for reading. */
	bool opened;
	int content;
	/* Its extended attributes without the marks of overlayfs; empty when it was deleted. */
	const struct xattrs *xattrs;
};

/*
 * What a walk is to find out about files; what it need not is faster. Of directories it always
 * knows kind, status, changes and marks.
 */
enum diff_need {
	DIFF_KIND = 1 << 0,    /* whether it is added or changed; it is said to be changed else */
	DIFF_STATUS = 1 << 1,  /* status; of what is there st_mode has its type else */
	DIFF_CHANGES = 1 << 2, /* changed; with DIFF_KIND and DIFF_STATUS only */
	DIFF_ATTRIBUTES = 1 << 3, /* xattrs, where a metacopy's content is, descriptors of
				     directories; with DIFF_STATUS only */
	DIFF_CONTENT = 1 << 4,	  /* regular files are opened if nothing is in the way */
	DIFF_ALL = DIFF_KIND | DIFF_STATUS | DIFF_CHANGES | DIFF_ATTRIBUTES
};

typedef int diff_callback(const struct diff_entry *entry, void *context, struct error *err);

/*
 * Calls callback for every difference between the merged view of stack and that of its lower
 * layers alone. Ends with -1 when the callback returns a negative number.
 *
 * The upper directory may change meanwhile: what vanishes is left out. At most about 120
 * descriptors are open at a time, whatever the depth of the tree and the number of layers.
 */
int diff_walk_for(const struct layer_stack *stack, unsigned needs, diff_callback *callback,
		  void *context, struct error *err);
/* The same for DIFF_ALL. */
int diff_walk(const struct layer_stack *stack, diff_callback *callback, void *context,
	      struct error *err);

/* One of several trees that are mounted one below the other. */
struct diff_tree {
	const char *target; /* where it is in the container, clean; "/" is the root */
	const struct layer_stack *stack;
};

/*
 * The same of several trees, sorted by target as path_compare() does, as if they were one: paths
 * are as the container sees them, and so is their order. A directory of one tree that is above
 * what is listed of another is listed as changed, without descriptors.
 */
int diff_walk_trees(const struct diff_tree *trees, size_t count, unsigned needs,
		    diff_callback *callback, void *context, struct error *err);

enum diff_format { DIFF_TEXT, DIFF_JSON };

/*
 * Writes the difference to out.
 * DIFF_TEXT: "A /path", "C /path" or "D /path" and a newline, as docker diff. Control characters,
 * backslashes and what is not UTF-8 in names are escaped: \n \t \\ and \ooo (octal).
 * DIFF_JSON: an array of objects { "path", "kind": "added" | "changed" | "deleted",
 * "type": "file" | "directory" | "link" | "fifo" | "socket" | "block device" | "character device",
 * "size" (of files), "changed": ["mode", "owner", ...] }. Bytes that are not UTF-8 are written as
 * \udcXX, from which Python's "surrogateescape" makes them again.
 */
int diff_print(const struct layer_stack *stack, enum diff_format format, FILE *out,
	       struct error *err);
int diff_print_trees(const struct diff_tree *trees, size_t count, enum diff_format format,
		     FILE *out, struct error *err);

/* One path as DIFF_TEXT has it, and as DIFF_JSON, with the quotation marks. */
void diff_print_path(FILE *out, const char *path);
void diff_print_path_json(FILE *out, const char *path);
