/* SPDX-License-Identifier: Apache-2.0 */
/* What state, list, ps and inspect show of containers. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/path.h"
#include "runtime/container.h"
#include "runtime/handle.h"

static int fill_info(struct arena *arena, const struct handle *handle, struct container_info *info,
		     struct error *err)
{
	const struct state *state = &handle->state;
	struct exit_record record;

	*info = (struct container_info){
		.id = state->id,
		.status = handle->status,
		.pid = handle->pidfd >= 0 ? (pid_t)state->init.pid : 0,
		.bundle = state->bundle ? state->bundle : "",
		.rootfs = state->rootfs ? state->rootfs : "",
		.created = state->created ? state->created : "",
		.command = state->command ? state->command : "",
		.image = state->image,
		.image_digest = state->image_digest,
		.cgroup = state->cgroup,
		.systemd_scope = state->systemd_unit,
		.data = state->data,
		.owner = state->owner ? state->owner : "",
		.oci_version = state->oci_version ? state->oci_version : "1.0.0",
		.annotations = state->annotations,
		.remains = !state->keep && handle->dir < 0,
	};
	if (handle->data < 0 || handle->status != STATUS_STOPPED)
		return 0;
	if (exit_load(arena, handle->data, &record, err) < 0)
		return err->errnum == ENOENT ? 0 : fail_in(err, "%s", state->id);
	info->exit_code = (struct opt_int){ .set = true, .value = record.exit_code };
	info->finished = record.finished;
	return 0;
}

int container_info(const struct settings *settings, const char *id, struct arena *arena,
		   struct container_info *info, struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;

	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, err) < 0)
		return -1;
	return fill_info(arena, &handle, info, err);
}

static void add_name(struct arena *arena, struct string_list *names, const char *name)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], name))
			return;
	/* room for a power of two, from 64 on */
	if (names->count % 64 == 0 && !(names->count & (names->count - 1))) {
		char **larger = arena_array(arena, char *, 2 * names->count + 64);

		if (names->count)
			memcpy(larger, names->items, names->count * sizeof(char *));
		names->items = larger;
	}
	names->items[names->count++] = arena_strdup(arena, name);
}

/* Adds the IDs that have a folder below path; a path that is not there has none. */
static int read_names(struct arena *arena, const char *path, struct string_list *names,
		      struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(AT_FDCWD, path, err);
	struct dirent *entry;

	if (!dir)
		return err->errnum == ENOENT ? 0 : -1;
	while (errno = 0, (entry = readdir(dir)))
		if (entry->d_type != DT_REG && path_is_plain_name(entry->d_name))
			add_name(arena, names, entry->d_name);
	return errno ? fail_errno(err, "read %s", path) : 0;
}

static int compare_created(const void *left, const void *right)
{
	const struct container_info *a = left, *b = right;
	int order = strcmp(a->created, b->created);

	return order ? order : strcmp(a->id, b->id);
}

int container_names(const struct settings *settings, struct arena *arena, struct string_list *names,
		    struct error *err)
{
	*names = (struct string_list){ 0 };
	if (read_names(arena, settings->root, names, err) < 0)
		return -1;
	return read_names(arena, handle_data_path(arena, settings), names, err);
}

int container_list(const struct settings *settings, struct arena *arena,
		   struct container_info **items, size_t *count, struct error *err)
{
	struct string_list names;

	*count = 0;
	*items = NULL;
	if (container_names(settings, arena, &names, err) < 0)
		return -1;
	if (!names.count)
		return 0;
	*items = arena_array(arena, struct container_info, names.count);
	for (size_t i = 0; i < names.count; i++) {
		cleanup_handle struct handle handle = HANDLE_NONE;

		if (handle_open(settings, names.items[i], HANDLE_NO_LOCK, arena, &handle, err) <
			    0 ||
		    fill_info(arena, &handle, &(*items)[*count], err) < 0) {
			/* one that goes meanwhile is no error, one that is broken hides no other */
			if (err->errnum != ENOENT)
				log_warning("%s", err->text);
			continue;
		}
		(*count)++;
	}
	qsort(*items, *count, sizeof(**items), compare_created);
	return 0;
}
