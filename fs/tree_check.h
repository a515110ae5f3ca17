/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/xattrs.h"

/*
 * What an unpacked layer has to be: the entries of its archive are added one by one, with the
 * meaning that fs/unpack.c gives them (a later one replaces an earlier one, ".wh." names are
 * marks); then the directory is walked, and every difference is counted. Memory is a few hundred
 * bytes for each path.
 */

struct tree_node {
	const char *path; /* clean: "a/b"; "" is the root */
	mode_t mode;
	uid_t uid;
	gid_t gid;
	dev_t device;
	int64_t size;
	struct timespec mtime;
	const char *target;	/* of a link */
	struct tree_node *same; /* the first name of a hard link */
	struct xattr *xattrs;	/* sorted by nothing */
	size_t xattr_count;
	ino_t inode;  /* once it was seen */
	bool implied; /* a directory that is only on the way to others: any mode, owner and time */
	bool opaque;
	bool damaged; /* its content is not the archive's */
	bool replaced, seen;
	struct tree_node *next; /* private */
};

struct tree_check {
	int root; /* the unpacked layer */
	bool keep_owner;
	uint64_t wrong;	 /* differences so far */
	char first[512]; /* the first one, in words */
	/* private */
	struct arena arena;
	struct tree_node **buckets;
	size_t bucket_count, count;
};

/*
 * Adds what an entry of the archive is; node->path as it stands there. Strings are copied, the
 * attributes are not. Returns the node that counts from now on; NULL with *err for a path that
 * unpack would have refused.
 */
struct tree_node *tree_check_add(struct tree_check *check, const struct tree_node *node,
				 struct error *err);
/* Adds a mark (a name that starts with ".wh."). */
int tree_check_mark(struct tree_check *check, const char *path, struct error *err);
/* Adds another name of target. */
int tree_check_link(struct tree_check *check, const char *path, const char *target,
		    struct error *err);

/* Opens the file that node is in the unpacked layer for reading. -1: it is not there. */
int tree_check_open(const struct tree_check *check, const struct tree_node *node);

/* All entries are added: walks the directory. Differences are no errors. */
int tree_check_walk(struct tree_check *check, struct error *err);
void tree_check_free(struct tree_check *check);
