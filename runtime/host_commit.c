/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/host_commit.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "fs/host_part.h"
#include "runtime/container.h"
#include "runtime/handle.h"

/* The directory of the host that a part is a view of; NULL: it is one of layers. */
static const char *host_of(const struct state *state, const struct container_part *part)
{
	if (part->host)
		return part->host;
	if (strcmp(part->target, "/") != 0 || state->image ||
	    part->lower_paths.count != part->stack.own_layers + 1)
		return NULL;
	return part->lower_paths.items[part->stack.own_layers];
}

/*
 * Whether a part was one of the host's mounts and is not any more: what is there now is the directory
 * below, which the container has never seen.
 */
static bool is_unmounted(const struct state *state, const struct container_part *part,
			 const struct string_list *mounts)
{
	return state->host_view && strcmp(part->target, "/") != 0 &&
	       !strcmp(part->target, part->host) && !string_list_has(mounts, part->host);
}

/* Whether the layers were opened where the container has its view of, and not through a link. */
static int check_target(const char *host, const struct container_part *part, struct error *err)
{
	cleanup_fd int fd = host_part_open(host, err);
	struct stat wanted, opened;

	if (fd < 0)
		return -1;
	if (!part->stack.lower_count || fstat(fd, &wanted) < 0 ||
	    fstat(part->stack.lowers[part->stack.lower_count - 1], &opened) < 0 ||
	    wanted.st_dev != opened.st_dev || wanted.st_ino != opened.st_ino)
		return fail(err, EBUSY, "%s: was replaced on the host just now; try again", host);
	return 0;
}

static int find_parts(const struct state *state, const struct container_layers *layers,
		      struct arena *arena, struct host_part *parts,
		      const struct container_part **sources, size_t *count, struct error *err)
{
	struct string_list mounts;

	if (host_mounts_read(arena, &mounts, err) < 0)
		return -1;
	for (size_t i = 0; i < layers->part_count; i++) {
		const struct container_part *part = &layers->parts[i];
		const char *host = host_of(state, part);

		if (!host)
			return fail(err, ENOTSUP,
				    "%s: %s is of layers, not a view of a directory of the host",
				    state->id, part->target);
		if (is_unmounted(state, part, &mounts)) {
			log_warning("%s is not mounted any more: its changes are left out", host);
			continue;
		}
		if (check_target(host, part, err) < 0)
			return -1;
		sources[*count] = part;
		parts[(*count)++] = (struct host_part){
			.target = arena_strdup(arena, host),
			.dir = part->stack.lowers[part->stack.lower_count - 1],
			.stack = part->stack,
		};
	}
	if (!*count)
		return fail(err, EROFS, "%s: its root is read-only: there is nothing to commit",
			    state->id);
	return 0;
}

/* A container of its last status: made by try, it mostly has ended. */
static int check_still(const struct handle *handle, const char *id, struct error *err)
{
	if (handle->incomplete)
		return fail(err, EINVAL, "%s: its making was interrupted; remove it with 'rm'", id);
	if (handle->status == STATUS_STOPPED || handle->status == STATUS_PAUSED)
		return 0;
	return fail(err, EBUSY, "%s: is %s: stop it, or freeze it for this ('freeze %s')", id,
		    status_name(handle->status), id);
}

/*
 * Goes through the links above the last component, as far as there is something: /bin/sh is
 * /usr/bin/sh. For paths of the host itself only, since elsewhere links lead to other places.
 */
static char *resolve_links(struct arena *arena, char *path)
{
	char real[PATH_MAX];

	for (char *slash = strrchr(path, '/'); slash > path; slash = strrchr(path, '/')) {
		char *rest = arena_strdup(arena, slash);

		*slash = '\0';
		if (realpath(path, real))
			return arena_printf(arena, "%s%s", strcmp(real, "/") ? real : "", rest);
		*slash = '/';
		for (slash--; slash > path && *slash != '/'; slash--)
			;
		if (slash == path)
			break;
		/* this directory is new; the ones above it may be known */
		rest = arena_strdup(arena, slash);
		*slash = '\0';
		path = resolve_links(arena, arena_printf(arena, "%s/x", path));
		return arena_printf(arena, "%.*s%s", (int)strlen(path) - 2, path, rest);
	}
	return path;
}

/* A path as the container sees it, on the host: below the innermost part that it is in. */
static char *path_on_host(struct arena *arena, const struct container_part *const *sources,
			  const struct host_part *parts, size_t count, const char *path)
{
	char *clean = path_clean(arena, path), *place;
	size_t best = 0, length = 0;

	for (size_t i = 0; i < count; i++) {
		const char *target = sources[i]->target;

		if (!path_behind(clean, target) || strlen(target) < length)
			continue;
		best = i;
		length = strlen(target);
	}
	if (!path_behind(clean, sources[best]->target))
		return clean; /* in no part: nothing will be found there */
	place = host_path(arena, parts[best].target, path_behind(clean, sources[best]->target));
	return sources[best]->host ? resolve_links(arena, place) : place;
}

static int commit(const struct settings *settings, const struct container_host_commit *request,
		  const struct handle *handle, const struct container_layers *layers,
		  struct arena *arena, struct host_commit_result *result, struct error *err)
{
	struct host_part *parts = arena_array(arena, struct host_part, layers->part_count);
	const struct container_part **sources =
		arena_array(arena, const struct container_part *, layers->part_count);
	struct host_commit_request host = {
		.data_root = settings->data_root,
		.parts = parts,
		.container = request->id,
		.created = handle->state.created,
		.since = handle->state.since ?: handle->state.created,
		.force = request->force,
		.dry_run = request->dry_run,
	};

	if (find_parts(&handle->state, layers, arena, parts, sources, &host.part_count, err) < 0)
		return -1;
	host.paths.items = arena_array(arena, char *, request->paths.count + 1);
	for (size_t i = 0; i < request->paths.count; i++)
		host.paths.items[host.paths.count++] = path_on_host(
			arena, sources, parts, host.part_count, request->paths.items[i]);
	return host_commit(&host, arena, result, err);
}

int container_commit_to_host(const struct settings *settings,
			     const struct container_host_commit *request, struct arena *arena,
			     struct host_commit_result *result, struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct container_layers layers;
	int done;

	if (handle_open(settings, request->id, HANDLE_LOCK, arena, &handle, err) < 0 ||
	    check_still(&handle, request->id, err) < 0 ||
	    container_layers_open(settings, request->id, arena, &layers, err) < 0)
		return -1;
	done = commit(settings, request, &handle, &layers, arena, result, err);
	container_layers_close(&layers);
	return done;
}

static bool has_container(const char *id, void *context)
{
	const struct settings *settings = context;
	cleanup_arena struct arena arena = { 0 };
	const char *folder = path_join(&arena, handle_data_path(&arena, settings), id);

	return faccessat(AT_FDCWD, folder, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

int container_undo(const struct settings *settings, const struct host_undo_request *request,
		   struct arena *arena, struct host_undo_result *result, struct error *err)
{
	if (host_undo(request, arena, result, err) < 0)
		return -1;
	if (request->dry_run)
		return 0;
	return host_undo_tidy(settings->data_root, has_container, (void *)settings, err);
}

int container_undo_drop(const struct settings *settings, const char *which, size_t *dropped,
			struct error *err)
{
	if (host_undo_drop(settings->data_root, which, dropped, err) < 0)
		return -1;
	return host_undo_tidy(settings->data_root, has_container, (void *)settings, err);
}
