/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "fs/diff.h"

/* A walk through several trees as through one. */
struct trees {
	const struct diff_tree *items;
	size_t count;
	size_t next; /* the first that was not begun */
	unsigned needs;
	diff_callback *callback;
	void *context;
	char *last; /* the path that was reported last */
};

/* The tree that is walked just now. */
struct branch {
	struct trees *trees;
	const struct diff_tree *tree;
};

static void free_text(char **text)
{
	free(*text);
}

#define cleanup_text __attribute__((cleanup(free_text)))

/* The path in the container of what is at path below target; to be freed. */
static char *join(const char *target, const char *path, struct error *err)
{
	bool top = !strcmp(target, "/");
	char *whole = NULL;

	if (asprintf(&whole, "%s%s", top ? "" : target, !top && !strcmp(path, "/") ? "" : path) <
	    0) {
		fail(err, ENOMEM, "difference: out of memory");
		return NULL;
	}
	return whole;
}

static int report(struct trees *trees, const struct diff_entry *entry, struct error *err)
{
	free(trees->last);
	trees->last = strdup(entry->path);
	if (!trees->last)
		return fail(err, ENOMEM, "difference: out of memory");
	return trees->callback(entry, trees->context, err);
}

static bool is_above(const char *directory, const char *path)
{
	size_t length = strlen(directory);

	return !strncmp(directory, path, length) && (!path[length] || path[length] == '/');
}

/*
 * The directories above what is listed come before it, those too that are in another tree, in which
 * nothing may have changed.
 */
static int list_parents(struct trees *trees, const char *path, struct error *err)
{
	for (const char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
		cleanup_text char *parent = strndup(path, (size_t)(end - path));
		const struct diff_entry entry = {
			.path = parent,
			.kind = DIFF_CHANGED,
			.status.st_mode = S_IFDIR,
			.parent = -1,
			.data_parent = -1,
		};

		if (!parent)
			return fail(err, ENOMEM, "difference: out of memory");
		if (trees->last && is_above(parent, trees->last))
			continue;
		if (report(trees, &entry, err) < 0)
			return -1;
	}
	return 0;
}

static int walk_before(struct trees *trees, const char *path, struct error *err);

static int walk_entry(const struct diff_entry *entry, void *context, struct error *err)
{
	const struct branch *branch = context;
	struct trees *trees = branch->trees;
	cleanup_text char *path = join(branch->tree->target, entry->path, err);
	struct diff_entry whole = *entry;

	if (!path || walk_before(trees, path, err) < 0 || list_parents(trees, path, err) < 0)
		return -1;
	whole.path = path;
	return report(trees, &whole, err);
}

/* Walks all trees that lie in front of path; NULL: all that there are. */
static int walk_before(struct trees *trees, const char *path, struct error *err)
{
	while (trees->next < trees->count &&
	       (!path || path_compare(trees->items[trees->next].target, path) < 0)) {
		struct branch branch = { trees, &trees->items[trees->next++] };

		if (diff_walk_for(branch.tree->stack, trees->needs, walk_entry, &branch, err) < 0)
			return -1;
	}
	return 0;
}

int diff_walk_trees(const struct diff_tree *items, size_t count, unsigned needs,
		    diff_callback *callback, void *context, struct error *err)
{
	struct trees trees = {
		.items = items,
		.count = count,
		.needs = needs,
		.callback = callback,
		.context = context,
	};
	int result;

	if (count == 1 && !strcmp(items->target, "/"))
		return diff_walk_for(items->stack, needs, callback, context, err);
	result = walk_before(&trees, NULL, err);
	free(trees.last);
	return result;
}
