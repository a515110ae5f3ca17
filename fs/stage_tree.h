/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * For fs/stage*.c: what is known of a layer, in memory. Names are nodes of a tree; what they name
 * is an inode, that of a file with several names is shared by their nodes. The tree is at the same
 * time what the stage holds, below its folder "tree"; what has lost its name there and may find
 * another one is below the folder "limbo" until the end of the pass.
 */

struct stage_inode {
	dev_t device;
	ino_t number;
	struct stat look;	  /* of the layer's file when it was looked at last */
	struct stage_node *names; /* linked by next_name */
	struct stage_inode *next; /* in the table */
	unsigned pass;		  /* when it was looked at last */
	bool suspect;		  /* may change without its look changing: counts as changed */
	bool queued;		  /* is to be updated in this pass */
	bool made;		  /* is in the stage */
	bool copied;		  /* with its content as it was at that look */
	bool known;		  /* the caller has its content: it is a hole in the stage */
};

struct stage_node {
	struct stage_node *parent; /* NULL: one of the two tops */
	char *name;
	struct stage_inode *inode; /* NULL of the top "limbo" */
	struct stage_node *next_name;
	/* where it is in the stage as long as changes wait; NULL: where it is in the tree */
	struct stage_node *old_parent;
	char *old_name;
	bool fresh; /* in the tree only, the change that makes it waits */
	/* of a directory, sorted by bytes */
	struct stage_node **children;
	size_t count, room;
	unsigned verified; /* the pass in which it was compared */
	bool changed;	   /* its names must be read */
};

struct stage_tree {
	struct arena arena;
	struct stage_node *root, *limbo;
	struct stage_inode **slots; /* by device and number */
	size_t room, inodes;
	unsigned limbo_names;
};

/* Path of a node: a buffer to use again. Ends with free(). */
struct stage_path {
	char *text;
	size_t length, room;
};

int stage_tree_begin(struct stage_tree *tree, struct error *err);
void stage_tree_free(struct stage_tree *tree);

/* The inode, or NULL. */
struct stage_inode *stage_tree_find(const struct stage_tree *tree, const struct stat *status);
/* A new one in the table; one of the same number, which is another directory, is forgotten. */
struct stage_inode *stage_tree_add(struct stage_tree *tree, const struct stat *status,
				   struct error *err);

/* A new name in directory parent. */
struct stage_node *stage_node_add(struct stage_tree *tree, struct stage_node *parent,
				  const char *name, struct stage_inode *inode);
/* Takes a node out of its directory; it has no place then. */
void stage_node_detach(struct stage_node *node);
/* Puts it into another one, under that name. */
void stage_node_attach(struct stage_tree *tree, struct stage_node *node, struct stage_node *parent,
		       const char *name);
/* Takes the name from its inode, which is forgotten with its last one, as is what is below it. */
void stage_node_forget(struct stage_tree *tree, struct stage_node *node);
/* A child by name, or NULL; *index is where it is or would be. */
struct stage_node *stage_node_find(const struct stage_node *directory, const char *name,
				   size_t *index);

bool stage_node_is_below(const struct stage_node *node, const struct stage_node *directory);

/* A name of the inode in the tree, not in limbo; NULL: it has none any more. */
struct stage_node *stage_inode_name(const struct stage_tree *tree, const struct stage_inode *inode);

/*
 * Writes where the node is in the stage: "tree/a/b". old: as it is before the waiting changes.
 * The part behind "tree" is its path in the layer.
 */
int stage_node_path(const struct stage_node *node, bool old, struct stage_path *path,
		    struct error *err);
