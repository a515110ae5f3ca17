/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/stage_tree.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The table of inodes ------------------------------------------------------------------------ */

static size_t slot_of(const struct stage_tree *tree, dev_t device, ino_t number)
{
	uint64_t hash = ((uint64_t)number ^ ((uint64_t)device << 48)) * 0x9e3779b97f4a7c15ULL;

	return (size_t)(hash >> 20) & (tree->room - 1);
}

struct stage_inode *stage_tree_find(const struct stage_tree *tree, const struct stat *status)
{
	struct stage_inode *inode = tree->slots[slot_of(tree, status->st_dev, status->st_ino)];

	while (inode && (inode->number != status->st_ino || inode->device != status->st_dev))
		inode = inode->next;
	return inode;
}

static void table_put(struct stage_tree *tree, struct stage_inode *inode)
{
	struct stage_inode **slot = &tree->slots[slot_of(tree, inode->device, inode->number)];

	inode->next = *slot;
	*slot = inode;
}

static void table_drop(struct stage_tree *tree, const struct stage_inode *inode)
{
	struct stage_inode **at = &tree->slots[slot_of(tree, inode->device, inode->number)];

	while (*at && *at != inode)
		at = &(*at)->next;
	if (!*at)
		return;
	*at = inode->next;
	tree->inodes--;
}

static int table_grow(struct stage_tree *tree, struct error *err)
{
	struct stage_inode **before = tree->slots;
	size_t room = tree->room;

	tree->room = room ? 2 * room : 1024;
	tree->slots = calloc(tree->room, sizeof(*tree->slots));
	if (!tree->slots) {
		tree->slots = before;
		tree->room = room;
		return fail(err, ENOMEM, "stage: out of memory");
	}
	for (size_t i = 0; i < room; i++)
		for (struct stage_inode *inode = before[i], *next; inode; inode = next) {
			next = inode->next;
			table_put(tree, inode);
		}
	free(before);
	return 0;
}

struct stage_inode *stage_tree_add(struct stage_tree *tree, const struct stat *status,
				   struct error *err)
{
	struct stage_inode *inode = stage_tree_find(tree, status);

	if (inode)
		table_drop(tree, inode);
	if (tree->inodes >= tree->room && table_grow(tree, err) < 0)
		return NULL;
	inode = arena_new(&tree->arena, struct stage_inode);
	inode->device = status->st_dev;
	inode->number = status->st_ino;
	table_put(tree, inode);
	tree->inodes++;
	return inode;
}

/* Names -------------------------------------------------------------------------------------- */

struct stage_node *stage_node_find(const struct stage_node *directory, const char *name,
				   size_t *index)
{
	size_t low = 0, high = directory->count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = strcmp(directory->children[middle]->name, name);

		if (order == 0) {
			*index = middle;
			return directory->children[middle];
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	*index = low;
	return NULL;
}

void stage_node_attach(struct stage_tree *tree, struct stage_node *node, struct stage_node *parent,
		       const char *name)
{
	size_t at;

	node->parent = parent;
	node->name = arena_strdup(&tree->arena, name);
	stage_node_find(parent, name, &at);
	if (parent->count == parent->room) {
		size_t room = parent->room ? 2 * parent->room : 8;
		struct stage_node **children = arena_array(&tree->arena, struct stage_node *, room);

		if (parent->count)
			memcpy(children, parent->children, parent->count * sizeof(*children));
		parent->children = children;
		parent->room = room;
	}
	memmove(parent->children + at + 1, parent->children + at,
		(parent->count - at) * sizeof(*parent->children));
	parent->children[at] = node;
	parent->count++;
}

void stage_node_detach(struct stage_node *node)
{
	struct stage_node *parent = node->parent;
	size_t at;

	if (stage_node_find(parent, node->name, &at) != node)
		return;
	parent->count--;
	memmove(parent->children + at, parent->children + at + 1,
		(parent->count - at) * sizeof(*parent->children));
	node->parent = NULL;
}

struct stage_node *stage_node_add(struct stage_tree *tree, struct stage_node *parent,
				  const char *name, struct stage_inode *inode)
{
	struct stage_node *node = arena_new(&tree->arena, struct stage_node);

	node->inode = inode;
	node->next_name = inode->names;
	inode->names = node;
	stage_node_attach(tree, node, parent, name);
	return node;
}

static void drop_name(struct stage_tree *tree, struct stage_node *node)
{
	struct stage_inode *inode = node->inode;
	struct stage_node **at = &inode->names;

	while (*at && *at != node)
		at = &(*at)->next_name;
	if (*at)
		*at = node->next_name;
	if (!inode->names)
		table_drop(tree, inode);
}

/* Without recursion, for there may be any number of directories in each other. */
void stage_node_forget(struct stage_tree *tree, struct stage_node *node)
{
	struct stage_node *at = node;

	for (;;) {
		struct stage_node *parent = at->parent;

		if (at->count) {
			at = at->children[at->count - 1];
			continue;
		}
		drop_name(tree, at);
		if (at == node)
			break;
		parent->count--;
		at = parent;
	}
	if (node->parent)
		stage_node_detach(node);
}

static const struct stage_node *top_of(const struct stage_node *node)
{
	while (node->parent)
		node = node->parent;
	return node;
}

bool stage_node_is_below(const struct stage_node *node, const struct stage_node *directory)
{
	while (node && node != directory)
		node = node->parent;
	return node != NULL;
}

struct stage_node *stage_inode_name(const struct stage_tree *tree, const struct stage_inode *inode)
{
	struct stage_node *node = inode->names;

	while (node && top_of(node) != tree->root)
		node = node->next_name;
	return node;
}

/* Paths -------------------------------------------------------------------------------------- */

static const struct stage_node *parent_of(const struct stage_node *node, bool old)
{
	return old && node->old_name ? node->old_parent : node->parent;
}

static const char *name_of(const struct stage_node *node, bool old)
{
	return old && node->old_name ? node->old_name : node->name;
}

int stage_node_path(const struct stage_node *node, bool old, struct stage_path *path,
		    struct error *err)
{
	size_t length = 0;
	char *end;

	for (const struct stage_node *at = node; at; at = parent_of(at, old))
		length += strlen(name_of(at, old)) + 1;
	if (length > path->room) {
		char *text = realloc(path->text, 2 * length);

		if (!text)
			return fail(err, ENOMEM, "stage: out of memory");
		path->text = text;
		path->room = 2 * length;
	}
	path->length = length - 1;
	end = path->text + length - 1;
	*end = '\0';
	for (const struct stage_node *at = node; at; at = parent_of(at, old)) {
		size_t size = strlen(name_of(at, old));

		end -= size;
		memcpy(end, name_of(at, old), size);
		if (end > path->text)
			*--end = '/';
	}
	return 0;
}

/* The whole ---------------------------------------------------------------------------------- */

int stage_tree_begin(struct stage_tree *tree, struct error *err)
{
	*tree = (struct stage_tree){ 0 };
	if (table_grow(tree, err) < 0)
		return -1;
	tree->root = arena_new(&tree->arena, struct stage_node);
	tree->root->name = arena_strdup(&tree->arena, "tree");
	tree->limbo = arena_new(&tree->arena, struct stage_node);
	tree->limbo->name = arena_strdup(&tree->arena, "limbo");
	return 0;
}

void stage_tree_free(struct stage_tree *tree)
{
	free(tree->slots);
	arena_free(&tree->arena);
	*tree = (struct stage_tree){ 0 };
}
