/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a container, for diff and commit, and what `prune` does about containers. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "base/user_namespace.h"
#include "fs/launchpad.h"
#include "fs/layer_stack.h"
#include "fs/own_paths.h"
#include "fs/temporary.h"
#include "runtime/connection.h"
#include "runtime/container.h"
#include "runtime/handle.h"
#include "runtime/seccomp_cache.h"

static int open_lowers(const struct string_list *paths, struct container_layers *layers,
		       struct arena *arena, struct error *err)
{
	layers->lowers = arena_array(arena, int, paths->count);
	for (size_t i = 0; i < paths->count; i++) {
		int fd = layer_open(paths->items[i], err);

		if (fd < 0)
			return -1;
		layers->lowers[layers->lower_count++] = fd;
	}
	return 0;
}

/* The part that the root is. */
static void add_root(const struct state *state, struct container_layers *layers)
{
	layers->parts[layers->part_count++] = (struct container_part){
		.target = "/",
		.host = state->host_view ? "/" : NULL,
		.stack = {
			.upper = layers->upper,
			.lowers = layers->lowers,
			.lower_count = layers->lower_count,
			.own_layers = layers->own_layers,
			.user_xattr = layers->user_xattr,
			.own = &layers->own,
		},
		.upper_path = layers->upper_path,
		.lower_paths = layers->lower_paths,
	};
}

/* What ctr has made below target, as paths that begin there. Sorted as the whole list is. */
static const struct string_list *own_below(struct arena *arena, const struct string_list *own,
					   const char *target)
{
	struct string_list *below = arena_new(arena, struct string_list);

	below->items = arena_array(arena, char *, own->count + 1);
	for (size_t i = 0; i < own->count; i++) {
		const char *path = path_behind(own->items[i], target);

		if (path && *path)
			below->items[below->count++] = own->items[i] + (path - own->items[i]);
	}
	return below;
}

static int add_part(const struct state_part *state, struct container_layers *layers,
		    struct arena *arena, struct error *err)
{
	struct container_part *part = &layers->parts[layers->part_count];
	cleanup_fd int upper = layer_open(state->upper, err);
	int *lowers = arena_new(arena, int);

	/* an optional mount that came to be read-only, or was left out */
	if (upper < 0)
		return err->errnum == ENOENT ? 0 : -1;
	/* who may not enter a folder has changed nothing in it */
	if (in_user_namespace() && faccessat(AT_FDCWD, state->host, X_OK, AT_EACCESS) < 0 &&
	    errno == EACCES)
		return 0;
	*lowers = layer_open(state->host, err);
	/* the folder was removed on the host: whatever is in the layer is new then */
	if (*lowers < 0 && err->errnum != ENOENT)
		return -1;
	*part = (struct container_part){
		.target = state->target,
		.host = state->host,
		.stack = {
			.upper = take_fd(&upper),
			.lowers = lowers,
			.lower_count = *lowers < 0 ? 0 : 1,
			.user_xattr = layers->user_xattr,
			.own = own_below(arena, &layers->own, state->target),
		},
		.upper_path = state->upper,
		.lower_paths = { .items = arena_array(arena, char *, 2), .count = 1 },
	};
	part->lower_paths.items[0] = state->host;
	layers->part_count++;
	return 0;
}

static int open_all(const struct state *state, struct container_layers *layers, struct arena *arena,
		    struct error *err)
{
	if (open_lowers(&state->lowers, layers, arena, err) < 0)
		return -1;
	layers->parts = arena_array(arena, struct container_part, state->parts.count + 1);
	if (state->upper) {
		layers->upper = layer_open(state->upper, err);
		if (layers->upper < 0)
			return -1;
		add_root(state, layers);
	}
	for (size_t i = 0; i < state->parts.count; i++)
		if (add_part(&state->parts.items[i], layers, arena, err) < 0)
			return -1;
	return 0;
}

/* The places of all mounts are ours, those of the files of its names too. */
static int read_own_paths(const struct handle *handle, const char *id, struct arena *arena,
			  struct string_list *paths, struct error *err)
{
	struct connection_plan *connection;
	struct spec spec = { 0 };

	if (handle_read_spec(arena, handle, &spec, err) < 0 ||
	    connection_plan(arena, &spec, id, "", &connection, err) < 0)
		return -1;
	if (connection)
		connection_enter(arena, connection, NULL, "", &spec);
	return own_paths(arena, &spec, paths, err);
}

int container_layers_open(const struct settings *settings, const char *id, struct arena *arena,
			  struct container_layers *layers, struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	const struct state *state = &handle.state;

	*layers = (struct container_layers){ .upper = -1 };
	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, err) < 0)
		return -1;
	if (!state->data)
		return fail(err, ENOTSUP,
			    "%s: was made from a bundle, whose root is used as it is: there are no "
			    "layers",
			    id);
	if (read_own_paths(&handle, id, arena, &layers->own, err) < 0)
		return fail_in(err, "%s", id);
	layers->user_xattr = in_user_namespace();
	layers->idmapped = state->idmapped;
	layers->upper_path = state->upper;
	layers->lower_paths = state->lowers;
	layers->own_layers = (size_t)state->own_layers;
	if (open_all(state, layers, arena, err) == 0)
		return 0;
	container_layers_close(layers);
	return fail_in(err, "%s", id);
}

static void close_part(struct container_part *part)
{
	int lower = part->stack.lowers[0];

	close_fd(&part->stack.upper);
	close_fd(&lower);
}

void container_layers_close(struct container_layers *layers)
{
	for (size_t i = 0; i < layers->part_count; i++)
		if (strcmp(layers->parts[i].target, "/") != 0)
			close_part(&layers->parts[i]);
	layers->part_count = 0;
	for (size_t i = 0; i < layers->lower_count; i++)
		close_fd(&layers->lowers[i]);
	layers->lower_count = 0;
	close_fd(&layers->upper);
}

static void keep(struct string_list *list, struct arena *arena, const char *what)
{
	/* room for a power of two */
	if (!(list->count & (list->count - 1))) {
		char **larger = arena_array(arena, char *, list->count ? 2 * list->count : 1);

		if (list->count)
			memcpy(larger, list->items, list->count * sizeof(*larger));
		list->items = larger;
	}
	list->items[list->count++] = arena_strdup(arena, what);
}

int container_keep(const struct settings *settings, bool strict, struct arena *arena,
		   struct string_list *list, struct error *err)
{
	struct string_list names;

	*list = (struct string_list){ 0 };
	if (container_names(settings, arena, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		cleanup_handle struct handle handle = HANDLE_NONE;
		const struct state *state = &handle.state;

		if (handle_open(settings, names.items[i], HANDLE_NO_LOCK, arena, &handle, err) <
		    0) {
			if (!strict || err->errnum == ENOENT)
				continue;
			return fail_in(err,
				       "which layers it uses is not known; 'rm --force %s' "
				       "removes it",
				       names.items[i]);
		}
		for (size_t j = 0; j < state->lowers.count; j++)
			keep(list, arena, state->lowers.items[j]);
		if (state->image_digest)
			keep(list, arena, state->image_digest);
	}
	return 0;
}

static bool has_replacements(int folder)
{
	struct error ignored;
	cleanup_dir DIR *dir = open_dir_at(folder, ".", &ignored);
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (file_is_replacement(entry->d_name))
			return true;
	return false;
}

/* A document that was not finished, in a container that is whole without it. */
static int tidy(const struct settings *settings, const char *id, struct arena *arena,
		struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;

	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, err) < 0)
		return -1;
	if (handle.data < 0 || !has_replacements(handle.data))
		return 0;
	handle_close(&handle);
	if (handle_open(settings, id, HANDLE_LOCK, arena, &handle, err) < 0)
		return -1;
	return handle.data < 0 ? 0 : temporary_clean_replacements(handle.data, err);
}

/* What a commit that was killed has copied of a layer; one that goes on has it locked. */
static int remove_copies(const struct settings *settings, const char *id, struct arena *arena,
			 struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct error other;

	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, &other) < 0 ||
	    handle.data < 0)
		return 0;
	return temporary_clean(handle.data, err) < 0 ? fail_in(err, "%s", id) : 0;
}

int container_prune(const struct settings *settings, bool stopped, size_t *removed,
		    struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct container_info *items;
	size_t count;

	*removed = 0;
	if (seccomp_cache_clear(settings->root, err) < 0 ||
	    launchpad_remove(settings->root, err) < 0 ||
	    container_list(settings, &arena, &items, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		/* without a time of creation its making was interrupted, or goes on */
		bool broken = !items[i].created[0];
		int result;

		if (remove_copies(settings, items[i].id, &arena, err) < 0)
			return -1;
		if (items[i].status != STATUS_STOPPED)
			continue;
		if (!broken && !items[i].remains && !stopped) {
			if (tidy(settings, items[i].id, &arena, err) < 0 && err->errnum != ENOENT)
				return -1;
			continue;
		}
		result = broken ? container_remove_incomplete(settings, items[i].id, err)
				: container_remove(settings, items[i].id, false, err);
		if (result < 0 && err->errnum != ENOENT && err->errnum != EBUSY)
			return -1;
		*removed += result == (broken ? 1 : 0);
	}
	return 0;
}
