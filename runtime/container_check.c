/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/container_check.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime/container.h"
#include "runtime/handle.h"
#include "runtime/snapshot_list.h"

static void add(struct store_check *check, enum store_finding_kind kind, const char *id,
		const char *found, const char *advice)
{
	struct arena *arena = check->arena;

	store_check_add(check, kind, arena_printf(arena, "container %s", id),
			arena_strdup(arena, found), advice);
}

static void check_folder(struct store_check *check, const char *id, const char *what,
			 const char *path, const char *advice)
{
	struct stat status;

	if (!path || (stat(path, &status) == 0 && S_ISDIR(status.st_mode)))
		return;
	add(check, STORE_DAMAGE, id, arena_printf(check->arena, "%s %s is missing", what, path),
	    advice);
}

/* Its own layers of earlier times are in its folder, and those of an image can be unpacked again.
 */
static void check_layers(struct store_check *check, const struct state *state)
{
	check_folder(check, state->id, "its writable layer", state->upper,
		     "what it had written is lost: remove it with 'rm'");
	for (size_t i = 0; i < state->lowers.count; i++)
		check_folder(check, state->id, "its lower layer", state->lowers.items[i],
			     state->image ? "a run of its image unpacks it again; otherwise 'rm'"
					  : "put the directory back, or remove it with 'rm'");
	for (size_t i = 0; i < state->parts.count; i++)
		check_folder(check, state->id, "its writable layer", state->parts.items[i].upper,
			     "what it had written is lost: remove it with 'rm'");
}

static void check_snapshots(struct store_check *check, const struct handle *handle)
{
	const char *id = handle->state.id;
	struct snapshot_list list;
	struct error err;

	if (snapshot_list_load(check->arena, handle->data, &list, &err) < 0) {
		add(check, STORE_DAMAGE, id, err.text, "its snapshots are lost: 'rm' removes it");
		return;
	}
	for (size_t i = 0; i < list.snapshots.count; i++)
		for (size_t j = 0; j < list.snapshots.items[i].layers.count; j++)
			check_folder(
				check, id,
				arena_printf(check->arena, "layer of its snapshot @%llu",
					     (unsigned long long)list.snapshots.items[i].number),
				list.snapshots.items[i].layers.items[j],
				"it cannot be gone back to: 'rm ID@N' removes the snapshot");
}

static void check_documents(struct store_check *check, const struct handle *handle)
{
	const char *id = handle->state.id;
	struct exit_record record;
	struct spec spec = { 0 };
	struct error err;

	if (spec_read(check->arena, handle->data, CONFIG_FILE, &spec, NULL, NULL, &err) < 0)
		add(check, STORE_DAMAGE, id, err.text, "it can only be removed: 'rm --force'");
	if (exit_load(check->arena, handle->data, &record, &err) < 0 && err.errnum != ENOENT)
		add(check, STORE_DAMAGE, id, err.text, "its exit status is lost; 'rm' removes it");
}

static int check_container(const struct settings *settings, struct store_check *check,
			   const char *id, struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	size_t before;

	if (handle_open(settings, id, HANDLE_NO_LOCK, check->arena, &handle, err) < 0) {
		if (err->errnum == ENOENT) /* gone meanwhile */
			return 0;
		add(check, STORE_DAMAGE, id, err->text, "it can only be removed: 'rm --force'");
		return 1;
	}
	if (handle.data < 0 || handle.status == STATUS_CREATING)
		return 0;
	if (handle.incomplete) {
		add(check, STORE_RUBBISH, id, "its making or its removal was interrupted",
		    "'prune' or 'rm' removes it");
		return 1;
	}
	before = check->count;
	check_documents(check, &handle);
	check_layers(check, &handle.state);
	check_snapshots(check, &handle);
	/* a removal takes the record first: then nothing of that was damage */
	if (faccessat(handle.data, RECORD_FILE, F_OK, 0) < 0)
		check->count = before;
	return 1;
}

int container_check(const struct settings *settings, struct store_check *check, size_t *count,
		    struct error *err)
{
	struct string_list names;

	*count = 0;
	if (container_names(settings, check->arena, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.count; i++) {
		int looked = check_container(settings, check, names.items[i], err);

		if (looked < 0)
			return -1;
		*count += (size_t)looked;
	}
	return 0;
}
