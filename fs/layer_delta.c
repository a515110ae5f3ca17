/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/layer_delta.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "fs/deep_path.h"
#include "fs/lower_lookup.h"

/* A directory on the way to where the walk is; its path is a prefix of the walk's. */
struct level {
	size_t length; /* of its path; the root's is 0 */
	bool listed;
	bool fresh; /* the earlier image has nothing in it */
	struct diff_entry entry;
	struct xattrs xattrs; /* a copy, until it is listed */
	char *values;
};

struct delta {
	const struct layer_delta *options;
	const struct layer_stack *stack;
	diff_callback *callback;
	void *context;
	size_t next; /* record of the earlier index */
	struct level *levels;
	size_t depth, room;
	char *path; /* scratch */
	size_t path_room;
	char *gone; /* a path that was listed as deleted or is no directory now; "": none */
	size_t gone_room;
};

static int keep(char **text, size_t *room, const char *path, struct error *err)
{
	size_t needed = strlen(path) + 1;

	if (needed > *room) {
		char *larger = realloc(*text, 2 * needed);

		if (!larger)
			return fail(err, ENOMEM, "out of memory");
		*text = larger;
		*room = 2 * needed;
	}
	memcpy(*text, path, needed);
	return 0;
}

/* Directories -------------------------------------------------------------------------------- */

static void leave(struct delta *delta, const char *path)
{
	while (delta->depth) {
		struct level *level = &delta->levels[delta->depth - 1];

		if (!strncmp(path, delta->path, level->length) && path[level->length] == '/' &&
		    path[level->length + 1])
			return;
		free(level->xattrs.items);
		free(level->values);
		delta->depth--;
	}
}

/* The attributes are the walk's, which has others at the next entry. */
static int copy_xattrs(struct level *level, const struct xattrs *from, struct error *err)
{
	size_t size = 0, used = 0;

	if (!from->count)
		return 0;
	for (size_t i = 0; i < from->count; i++)
		size += strlen(from->items[i].name) + 1 + from->items[i].size;
	level->xattrs.items = calloc(from->count, sizeof(*level->xattrs.items));
	level->values = malloc(size);
	if (!level->xattrs.items || !level->values)
		return fail(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < from->count; i++) {
		const struct xattr *xattr = &from->items[i];
		size_t length = strlen(xattr->name) + 1;

		memcpy(level->values + used, xattr->name, length);
		memcpy(level->values + used + length, xattr->value, xattr->size);
		level->xattrs.items[i] = (struct xattr){
			.name = level->values + used,
			.value = level->values + used + length,
			.size = xattr->size,
		};
		used += length + xattr->size;
	}
	level->xattrs.count = from->count;
	return 0;
}

static int enter(struct delta *delta, const struct diff_entry *entry, bool fresh, struct error *err)
{
	struct level *level;
	bool root = !strcmp(entry->path, "/");

	if (delta->depth == delta->room) {
		size_t room = 2 * delta->room + 16;
		struct level *larger = realloc(delta->levels, room * sizeof(*larger));

		if (!larger)
			return fail(err, ENOMEM, "out of memory");
		delta->levels = larger;
		delta->room = room;
	}
	level = &delta->levels[delta->depth];
	*level = (struct level){
		.length = root ? 0 : strlen(entry->path),
		.fresh = fresh || (delta->depth && delta->levels[delta->depth - 1].fresh),
		.entry = *entry,
	};
	level->entry.opaque = level->entry.implied = false;
	level->entry.parent = level->entry.data_parent = -1;
	level->entry.name = level->entry.data_name = NULL;
	delta->depth++;
	if (keep(&delta->path, &delta->path_room, root ? "" : entry->path, err) < 0)
		return -1;
	return copy_xattrs(level, entry->xattrs, err);
}

/* The directories above come before what is in them. */
static int list_levels(struct delta *delta, struct error *err)
{
	for (size_t i = 0; i < delta->depth; i++) {
		struct level *level = &delta->levels[i];
		char *end = delta->path + level->length, saved = *end;
		int result;

		if (level->listed)
			continue;
		level->listed = true;
		*end = '\0';
		level->entry.path = level->length ? delta->path : "/";
		level->entry.xattrs = &level->xattrs;
		result = delta->callback(&level->entry, delta->context, err);
		*end = saved;
		if (result < 0)
			return -1;
	}
	return 0;
}

/* Entries ------------------------------------------------------------------------------------ */

static bool is_covered(const struct delta *delta, const char *path)
{
	const char *behind;

	if (!delta->gone || !delta->gone[0])
		return false;
	behind = path_behind(path, delta->gone);
	return behind && *behind;
}

static int cover(struct delta *delta, const char *path, struct error *err)
{
	return keep(&delta->gone, &delta->gone_room, path, err);
}

static int list_deleted(struct delta *delta, const char *path, mode_t mode, struct error *err)
{
	static const struct xattrs none;
	const struct diff_entry entry = {
		.path = path,
		.kind = DIFF_DELETED,
		.status = { .st_mode = mode },
		.parent = -1,
		.data_parent = -1,
		.xattrs = &none,
	};

	leave(delta, path);
	if (list_levels(delta, err) < 0 || cover(delta, path, err) < 0)
		return -1;
	return delta->callback(&entry, delta->context, err) < 0 ? -1 : 0;
}

/* Sets *below to what the lower layers, without the container's own, have at path. */
static int look_below(struct delta *delta, const char *path, enum found_kind *below,
		      struct error *err)
{
	struct lookup lookup = { .stack = delta->stack, .path = path };
	struct chain at = { 0 }, next = { 0 };
	struct found found = { .kind = FOUND_DIRECTORY };
	const char *name = path + 1;
	int result = chain_roots(&lookup, delta->stack->own_layers, &at, err);

	while (result == 0 && *name && found.kind == FOUND_DIRECTORY) {
		size_t length = strcspn(name, "/");
		char component[NAME_MAX + 1];
		struct chain swap;

		if (length > NAME_MAX) {
			result = fail(err, EBADMSG, "%s: a name of %zu bytes", path, length);
			break;
		}
		memcpy(component, name, length);
		component[length] = '\0';
		name += length;
		lookup.path_length = (size_t)(name - path) - length - 1;
		result = chain_lookup(&lookup, &at, component, (size_t)(name - path), &found, &next,
				      err);
		name += *name == '/';
		chain_close(&lookup, &at);
		swap = at;
		at = next;
		next = swap;
	}
	*below = *name ? FOUND_NOTHING : found.kind;
	chain_free(&lookup, &at);
	chain_free(&lookup, &next);
	lookup_free(&lookup);
	return result;
}

static int fail_stale(const char *path, struct error *err)
{
	return fail(err, ESTALE, "%s: is what it was before the image of the last commit", path);
}

/* A directory of the layer that is the one below in all that is listed: opens it there. */
static int open_directory(struct delta *delta, const char *path, struct error *err)
{
	const struct layer_stack *stack = delta->stack;

	for (size_t i = 0; i <= stack->own_layers; i++) {
		int fd;

		if (keep(&delta->path, &delta->path_room, path, err) < 0)
			return -1;
		fd = deep_open_directory(i ? stack->lowers[i - 1] : stack->upper, delta->path,
					 strlen(delta->path));
		if (fd >= 0)
			return fd;
	}
	return fail_stale(path, err);
}

/* What was there or changed then, and is not in the list now. */
static int look_at_missing(struct delta *delta, size_t number, struct error *err)
{
	const struct layer_index_entry old = layer_index_at(delta->options->before, number);
	struct diff_entry entry = { .path = old.path, .kind = DIFF_CHANGED };
	cleanup_xattrs struct xattrs xattrs = { 0 };
	enum found_kind below;
	cleanup_fd int dir = -1;

	if (is_covered(delta, old.path))
		return 0;
	if (old.kind == INDEX_DELETED)
		return fail_stale(old.path, err);
	if (look_below(delta, old.path, &below, err) < 0)
		return -1;
	if (below == FOUND_NOTHING)
		return S_ISSOCK(old.mode) ? 0 : list_deleted(delta, old.path, old.mode, err);
	if (below != FOUND_DIRECTORY || !S_ISDIR(old.mode))
		return fail_stale(old.path, err);
	leave(delta, old.path);
	dir = open_directory(delta, old.path, err);
	if (dir < 0)
		return -1;
	if (fstat(dir, &entry.status) < 0)
		return fail_errno(err, "%s", old.path);
	if (xattrs_read_at(&xattrs, dir, ".", err) < 0)
		return -1;
	marks_drop(&xattrs);
	entry.xattrs = &xattrs;
	if (enter(delta, &entry, false, err) < 0)
		return -1;
	/* its mode may be that of the lower layers again */
	return list_levels(delta, err);
}

/* Goes on in the earlier list to path. Returns the number of its record, -1: it has none. */
static int catch_up(struct delta *delta, const char *path, ssize_t *number, struct error *err)
{
	const struct layer_index *before = delta->options->before;

	*number = -1;
	while (delta->next < layer_index_count(before)) {
		const struct layer_index_entry old = layer_index_at(before, delta->next);
		int order = path ? path_compare(old.path, path) : -1;

		if (order > 0)
			break;
		delta->next++;
		if (order == 0) {
			*number = (ssize_t)delta->next - 1;
			break;
		}
		if (look_at_missing(delta, delta->next - 1, err) < 0)
			return -1;
	}
	return 0;
}

/* The file itself, if what the walk sees is a copy of it. */
static void identify(const struct delta *delta, const struct diff_entry *entry, struct stat *status,
		     bool *racy)
{
	const struct layer_delta *options = delta->options;

	*status = entry->status;
	if (options->identity && options->identity(options->context, entry->path, status, racy))
		return;
	*racy = layer_index_is_racy(status, &options->now);
}

static int list(struct delta *delta, const struct diff_entry *entry, struct error *err)
{
	if (list_levels(delta, err) < 0)
		return -1;
	return delta->callback(entry, delta->context, err) < 0 ? -1 : 0;
}

static int look_at_deleted(struct delta *delta, const struct diff_entry *entry, ssize_t number,
			   struct error *err)
{
	bool was_there = number < 0;

	if (number >= 0)
		was_there = layer_index_at(delta->options->before, (size_t)number).kind !=
			    INDEX_DELETED;
	leave(delta, entry->path);
	if (!was_there || (delta->depth && delta->levels[delta->depth - 1].fresh))
		return cover(delta, entry->path, err);
	return list_deleted(delta, entry->path, entry->status.st_mode, err);
}

/* An archive has no sockets: what was there then must go, and what is below shows. */
static int look_at_socket(struct delta *delta, const char *path, mode_t mode, struct error *err)
{
	enum found_kind below;

	if (look_below(delta, path, &below, err) < 0)
		return -1;
	return below == FOUND_NOTHING ? list_deleted(delta, path, mode, err)
				      : fail_stale(path, err);
}

static int look_at_present(struct delta *delta, const struct diff_entry *entry,
			   const struct stat *status, ssize_t number, struct error *err)
{
	struct layer_index_entry old = { .kind = INDEX_DELETED };
	bool same = false, fresh = false;

	if (number >= 0) {
		old = layer_index_at(delta->options->before, (size_t)number);
		same = layer_index_is_same(delta->options->before, (size_t)number, status);
		fresh = old.kind == INDEX_DELETED || !S_ISDIR(old.mode);
	}
	leave(delta, entry->path);
	if (S_ISDIR(entry->status.st_mode)) {
		if (enter(delta, entry, fresh, err) < 0)
			return -1;
		return same ? 0 : list_levels(delta, err);
	}
	if (cover(delta, entry->path, err) < 0)
		return -1;
	/* an archive has no sockets: what was there then must go */
	if (S_ISSOCK(entry->status.st_mode) && old.kind != INDEX_DELETED && !S_ISSOCK(old.mode))
		return look_at_socket(delta, entry->path, old.mode, err);
	return same ? 0 : list(delta, entry, err);
}

static int look_at(const struct diff_entry *entry, void *context, struct error *err)
{
	struct delta *delta = context;
	const struct layer_delta *options = delta->options;
	bool deleted = entry->kind == DIFF_DELETED, racy = false;
	ssize_t number = -1;
	struct stat status;

	if (!deleted)
		identify(delta, entry, &status, &racy);
	if (options->after &&
	    layer_index_add(options->after, entry->path, deleted ? INDEX_DELETED : INDEX_PRESENT,
			    racy, deleted ? NULL : &status, err) < 0)
		return -1;
	if (!options->before)
		return delta->callback(entry, delta->context, err);
	if (catch_up(delta, entry->path, &number, err) < 0)
		return -1;
	return deleted ? look_at_deleted(delta, entry, number, err)
		       : look_at_present(delta, entry, &status, number, err);
}

int layer_delta_walk(const struct layer_delta *options, const struct layer_stack *stack,
		     diff_callback *callback, void *context, struct error *err)
{
	struct delta delta = {
		.options = options,
		.stack = stack,
		.callback = callback,
		.context = context,
	};
	ssize_t number;
	/* what was not changed need not be opened */
	unsigned needs = DIFF_STATUS | DIFF_ATTRIBUTES | (options->before ? 0 : DIFF_CONTENT);
	int result = diff_walk_for(stack, needs, look_at, &delta, err);

	if (result == 0 && options->before)
		result = catch_up(&delta, NULL, &number, err);
	leave(&delta, "");
	free(delta.levels);
	free(delta.path);
	free(delta.gone);
	return result;
}
