/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/deep_path.h"
#include "fs/stage_work.h"

/* Doing them --------------------------------------------------------------------------------- */

/* The directory of path below the stage's folder; valid until the next call. -1 with errno. */
static int place_of(struct stage *stage, char *path, const char **name)
{
	char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	if (stage->place >= 0 && strlen(stage->place_path) == length &&
	    !memcmp(stage->place_path, path, length))
		return stage->place;
	close_fd(&stage->place);
	free(stage->place_path);
	stage->place_path = strndup(path, length);
	if (!stage->place_path) {
		errno = ENOMEM;
		return -1;
	}
	stage->place = deep_open_directory(stage->folder, path, length);
	return stage->place;
}

static int move_or_link(struct stage *stage, struct stage_change *change)
{
	const char *from, *to;
	cleanup_fd int place = -1;
	int target, source = place_of(stage, change->from, &from);

	if (source < 0)
		return -1;
	place = fcntl(source, F_DUPFD_CLOEXEC, 0);
	target = place < 0 ? -1 : place_of(stage, change->to, &to);
	if (target < 0)
		return -1;
	if (change->kind == CHANGE_LINK)
		return linkat(place, from, target, to, 0);
	if (renameat(place, from, target, to) < 0)
		return -1;
	/* it may have been the way to the remembered directory, which another one may become */
	close_fd(&stage->place);
	return 0;
}

static int make(struct stage *stage, struct stage_change *change)
{
	const char *name;
	int place = place_of(stage, change->to, &name);

	if (place < 0)
		return -1;
	if (change->kind == CHANGE_FOLDER)
		return mkdirat(place, name, 0700);
	if (S_ISLNK(change->mode))
		return symlinkat(change->target, place, name);
	return mknodat(place, name, (change->mode & S_IFMT) | 0600, change->device);
}

static int apply(struct stage *stage, struct stage_change *change, struct error *err)
{
	const char *path = change->to ? change->to : change->from, *name;
	int result, place;

	switch (change->kind) {
	case CHANGE_MOVE:
	case CHANGE_LINK:
		result = move_or_link(stage, change);
		break;
	case CHANGE_REMOVE:
		place = place_of(stage, change->from, &name);
		result = place < 0 ? -1 : unlinkat(place, name, 0);
		break;
	default:
		result = make(stage, change);
	}
	if (result < 0 && (errno == ENOSPC || errno == EDQUOT))
		return stage_no_space(err, path);
	if (result < 0)
		return fail_errno(err, "stage: %s", path);
	if (change->node) {
		change->node->old_name = NULL;
		change->node->fresh = false;
	}
	return 0;
}

int stage_changes_apply(struct stage *stage, struct error *err)
{
	for (size_t i = 0; i < stage->change_count; i++)
		if (apply(stage, &stage->changes[i], err) < 0)
			return -1;
	stage->change_count = 0;
	return 0;
}

/* Noting them -------------------------------------------------------------------------------- */

static int add(struct stage *stage, struct stage_change *change, struct error *err)
{
	if (!stage->frozen)
		return apply(stage, change, err);
	if (stage->change_count == stage->change_room) {
		size_t room = stage->change_room ? 2 * stage->change_room : 64;
		struct stage_change *changes =
			realloc(stage->changes, room * sizeof(*stage->changes));

		if (!changes)
			return fail(err, ENOMEM, "stage: out of memory");
		stage->changes = changes;
		stage->change_room = room;
	}
	stage->changes[stage->change_count++] = *change;
	return 0;
}

static char *path_of(struct stage *stage, const struct stage_node *node, struct error *err)
{
	struct stage_path *path = &stage->workers[0].path;

	if (stage_node_path(node, false, path, err) < 0)
		return NULL;
	return arena_strndup(&stage->tree.arena, path->text, path->length);
}

int stage_change_move(struct stage *stage, struct stage_node *node, struct stage_node *parent,
		      const char *name, struct error *err)
{
	struct stage_change change = { .kind = CHANGE_MOVE, .node = node };
	char number[32];

	change.from = path_of(stage, node, err);
	if (!change.from)
		return -1;
	if (stage->frozen && !node->old_name && !node->fresh) {
		node->old_parent = node->parent;
		node->old_name = node->name;
	}
	snprintf(number, sizeof(number), "%u", stage->tree.limbo_names++);
	stage_node_detach(node);
	stage_node_attach(&stage->tree, node, parent, name ? name : number);
	change.to = path_of(stage, node, err);
	return change.to ? add(stage, &change, err) : -1;
}

int stage_change_link(struct stage *stage, struct stage_node *existing, struct stage_node *node,
		      struct error *err)
{
	struct stage_change change = { .kind = CHANGE_LINK, .node = node };

	node->fresh = true;
	change.from = path_of(stage, existing, err);
	change.to = path_of(stage, node, err);
	return change.from && change.to ? add(stage, &change, err) : -1;
}

int stage_change_remove(struct stage *stage, struct stage_node *node, struct error *err)
{
	struct stage_change change = { .kind = CHANGE_REMOVE, .from = path_of(stage, node, err) };

	return change.from ? add(stage, &change, err) : -1;
}

int stage_change_folder(struct stage *stage, struct stage_node *node, struct error *err)
{
	struct stage_change change = {
		.kind = CHANGE_FOLDER,
		.node = node,
		.to = path_of(stage, node, err),
	};

	node->fresh = true;
	return change.to ? add(stage, &change, err) : -1;
}

int stage_change_node(struct stage *stage, struct stage_node *node, const struct stat *status,
		      const char *target, struct error *err)
{
	struct stage_change change = {
		.kind = CHANGE_NODE,
		.node = node,
		.to = path_of(stage, node, err),
		.mode = status->st_mode,
		.device = status->st_rdev,
		.target = arena_strdup(&stage->tree.arena, target),
	};

	node->fresh = true;
	return change.to ? add(stage, &change, err) : -1;
}

int stage_clear_limbo(struct stage *stage, struct error *err)
{
	struct stage_node *limbo = stage->tree.limbo;

	while (limbo->count)
		stage_node_forget(&stage->tree, limbo->children[limbo->count - 1]);
	if (remove_tree_at(stage->folder, "limbo", err) < 0)
		return -1;
	close_fd(&stage->place);
	if (mkdirat(stage->folder, "limbo", 0700) < 0)
		return fail_errno(err, "stage: make limbo");
	return 0;
}
