/* SPDX-License-Identifier: Apache-2.0 */
/* Numbered snapshots of a container's files: made, listed, removed, gone back to. */
#include "runtime/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/step.h"
#include "runtime/lifecycle.h"
#include "runtime/uppers.h"

int snapshot_layers(const struct handle *handle, struct arena *arena, struct string_list *layers,
		    struct error *err)
{
	const struct string_list own = {
		.items = handle->state.lowers.items,
		.count = (size_t)handle->state.own_layers,
	};
	struct snapshot_list list;

	*layers = own;
	if (handle->data < 0)
		return 0;
	if (snapshot_list_load(arena, handle->data, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.snapshots.count; i++)
		*layers = string_list_join(arena, layers, &list.snapshots.items[i].layers);
	return 0;
}

int snapshot_find(const struct handle *handle, uint64_t number, struct arena *arena,
		  struct snapshot_list *list, struct snapshot **snapshot, struct error *err)
{
	if (snapshot_list_load(arena, handle->data, list, err) < 0)
		return fail_in(err, "%s", handle->state.id);
	*snapshot = snapshot_list_find(list, number);
	if (*snapshot)
		return 0;
	return fail(err, ENOENT, "%s: has no snapshot @%llu ('snapshots %s' lists them)",
		    handle->state.id, (unsigned long long)number, handle->state.id);
}

struct snapshots {
	const struct settings *settings;
	const char *id, *message;
	uint64_t number; /* to go back to; 0: none */
	bool discard;	 /* what is now */
	struct arena arena;
	struct handle handle;
	struct uppers uppers;
	struct snapshot_list list;
	struct snapshot *snapshot;
	struct string_list layers; /* that it has now, below an empty writable one */
	struct string_list before; /* the own layers that the container has no more */
	uint64_t made;		   /* the number of the new one; 0: none */
};

static int open_container(struct snapshots *snapshots, struct error *err)
{
	struct handle *handle = &snapshots->handle;

	if (lifecycle_open(snapshots->settings, snapshots->id, &snapshots->arena, handle, err) < 0)
		return -1;
	if (handle->status != STATUS_STOPPED && snapshots->number)
		return fail(err, EBUSY,
			    "%s: is %s: its files can go back when it has stopped ('stop %s', or "
			    "--force)",
			    snapshots->id, status_name(handle->status), snapshots->id);
	if (handle->status != STATUS_STOPPED && !handle->state.keep)
		return fail(err, EINVAL,
			    "%s: was run with --rm, and would take its snapshots along at its end: "
			    "commit or clone it",
			    snapshots->id);
	if (uppers_check(handle, err) < 0)
		return -1;
	if (!snapshots->number)
		return snapshot_list_load(&snapshots->arena, handle->data, &snapshots->list, err);
	return snapshot_find(handle, snapshots->number, &snapshots->arena, &snapshots->list,
			     &snapshots->snapshot, err);
}

static int close_container(struct snapshots *snapshots, struct error *err)
{
	(void)err;
	handle_close(&snapshots->handle);
	return 0;
}

static int open_layers(struct snapshots *snapshots, struct error *err)
{
	return uppers_open(&snapshots->uppers, snapshots->settings, false, &snapshots->arena, err);
}

static int close_layers(struct snapshots *snapshots, struct error *err)
{
	(void)err;
	uppers_close(&snapshots->uppers);
	return 0;
}

static int capture(struct snapshots *snapshots, struct error *err)
{
	return uppers_capture(snapshots->settings, &snapshots->uppers, &snapshots->handle,
			      &snapshots->arena, &snapshots->layers, err);
}

static int drop_captured(struct snapshots *snapshots, struct error *err)
{
	return uppers_drop_copy(&snapshots->uppers, &snapshots->arena, err);
}

static struct string_list own_layers(const struct snapshots *snapshots)
{
	return (struct string_list){
		.items = snapshots->handle.state.lowers.items,
		.count = (size_t)snapshots->handle.state.own_layers,
	};
}

static int add_snapshot(struct snapshots *snapshots, struct error *err)
{
	snapshots->made = snapshot_list_add(&snapshots->arena, &snapshots->list, &snapshots->layers,
					    snapshots->message);
	if (snapshot_list_save(&snapshots->arena, snapshots->handle.data, &snapshots->list, err) <
	    0)
		return -1;
	snapshots->uppers.copy = NULL;
	return 0;
}

STEPS(snapshots);

static const struct snapshots_step snapshot_steps[] = {
	{ "container", open_container, close_container },
	{ "layers", open_layers, close_layers },
	{ "push", capture, drop_captured },
	{ "snapshot", add_snapshot, NULL },
};

static int run(const struct snapshots_step *steps, size_t count, struct snapshots *snapshots,
	       struct error *err)
{
	struct error ignored;

	if (snapshots_run(steps, count, snapshots, err) < 0)
		return -1;
	return snapshots_undo(steps, count, snapshots, &ignored);
}

int container_snapshot(const struct settings *settings, const char *id, const char *message,
		       uint64_t *number, struct error *err)
{
	struct snapshots snapshots = {
		.settings = settings,
		.id = id,
		.message = message,
		.handle = HANDLE_NONE,
		.uppers = UPPERS_NONE,
	};
	int result = run(snapshot_steps, ARRAY_SIZE(snapshot_steps), &snapshots, err);

	*number = snapshots.made;
	if (result == 0)
		result = uppers_release(settings, &snapshots.uppers.left, &snapshots.arena, err);
	arena_free(&snapshots.arena);
	return result;
}

int container_snapshots(const struct settings *settings, const char *id, struct arena *arena,
			struct snapshot_info **items, size_t *count, struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct snapshot_list list = { 0 };

	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, err) < 0)
		return -1;
	if (handle.data >= 0 && snapshot_list_load(arena, handle.data, &list, err) < 0)
		return fail_in(err, "%s", id);
	*count = list.snapshots.count;
	*items = arena_array(arena, struct snapshot_info, *count);
	for (size_t i = 0; i < *count; i++)
		(*items)[i] = (struct snapshot_info){
			.number = list.snapshots.items[i].number,
			.created = list.snapshots.items[i].created,
			.message = list.snapshots.items[i].message,
		};
	return 0;
}

int container_remove_snapshot(const struct settings *settings, const char *id, uint64_t number,
			      struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct snapshot_list list;
	struct snapshot *snapshot;
	struct string_list layers;

	if (handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0 ||
	    snapshot_find(&handle, number, &arena, &list, &snapshot, err) < 0)
		return -1;
	layers = snapshot->layers;
	snapshot_list_drop(&list, snapshot);
	if (snapshot_list_save(&arena, handle.data, &list, err) < 0)
		return fail_in(err, "%s", id);
	return uppers_release(settings, &layers, &arena, err);
}

/* Rolling back ------------------------------------------------------------------------------- */

/* Unless the files are those of a snapshot already. */
static int save_present(struct snapshots *snapshots, struct error *err)
{
	const struct string_list layers = own_layers(snapshots);
	const struct snapshot *last;

	if (snapshots->discard)
		return 0;
	for (size_t i = 0; i < snapshots->list.snapshots.count; i++) {
		last = &snapshots->list.snapshots.items[i];
		if (last->layers.count == layers.count &&
		    (!layers.count || !strcmp(last->layers.items[0], layers.items[0])))
			return 0;
	}
	snapshots->message = arena_printf(&snapshots->arena, "before rollback to @%llu",
					  (unsigned long long)snapshots->number);
	return add_snapshot(snapshots, err);
}

static int go_back(struct snapshots *snapshots, struct error *err)
{
	struct state *state = &snapshots->handle.state;
	const struct string_list image = state_image_lowers(state), own = own_layers(snapshots);
	cleanup_fd int upper = -1, below = -1;

	snapshots->before = string_list_join(&snapshots->arena, &snapshots->uppers.left, &own);
	/* the list has grown, and moved */
	snapshots->snapshot = snapshot_list_find(&snapshots->list, snapshots->number);
	state->lowers = string_list_join(&snapshots->arena, &snapshots->snapshot->layers, &image);
	state->own_layers = snapshots->snapshot->layers.count;
	/* what the last commit remembers is of other files */
	if (unlinkat(snapshots->handle.data, COMMIT_INDEX_FILE, 0) < 0 && errno != ENOENT)
		return fail_errno(err, "remove %s", COMMIT_INDEX_FILE);
	if (state_save(&snapshots->arena, snapshots->handle.data, RECORD_FILE, state, true, err) <
	    0)
		return -1;
	if (!state->upper)
		return 0;
	/* the writable layer is empty; its root is the view's */
	upper = open(state->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	below = open(state->lowers.items[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (upper < 0 || below < 0)
		return fail_errno(err, "open %s",
				  upper < 0 ? state->upper : state->lowers.items[0]);
	return uppers_copy_root(below, upper, err);
}

static const struct snapshots_step rollback_steps[] = {
	{ "container", open_container, close_container },
	{ "layers", open_layers, close_layers },
	{ "push", capture, NULL },
	{ "snapshot", save_present, NULL },
	{ "rollback", go_back, NULL },
};

int container_rollback(const struct settings *settings, const char *id, uint64_t number,
		       bool discard, uint64_t *saved, struct error *err)
{
	struct snapshots snapshots = {
		.settings = settings,
		.id = id,
		.number = number,
		.discard = discard,
		.handle = HANDLE_NONE,
		.uppers = UPPERS_NONE,
	};
	int result = run(rollback_steps, ARRAY_SIZE(rollback_steps), &snapshots, err);

	*saved = snapshots.made;
	if (result == 0)
		result = uppers_release(settings, &snapshots.before, &snapshots.arena, err);
	arena_free(&snapshots.arena);
	return result;
}
