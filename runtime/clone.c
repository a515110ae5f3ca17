/* SPDX-License-Identifier: Apache-2.0 */
/* A container like another one, of the same layers. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/step.h"
#include "base/timestamp.h"
#include "fs/overlay.h"
#include "runtime/clone_spec.h"
#include "runtime/lifecycle.h"
#include "runtime/prepare.h"
#include "runtime/quota.h"
#include "runtime/rootless.h"
#include "runtime/snapshot.h"
#include "runtime/uppers.h"

struct clone {
	const struct settings *settings;
	const struct clone_request *request;
	struct arena *arena;
	struct handle source;
	struct uppers uppers;
	struct string_list layers; /* of the new one, below an empty writable one */
	struct spec spec;
	struct state state; /* of the new one */
	const char *parent; /* where its folder is made */
	int data;	    /* its folder, locked */
	bool made;
};

static int open_source(struct clone *clone, struct error *err)
{
	const char *id = clone->request->id;
	struct handle *source = &clone->source;

	if (clone->request->name && handle_check_name(clone->request->name, err) < 0)
		return -1;
	if (lifecycle_open(clone->settings, id, clone->arena, source, err) < 0)
		return -1;
	if (uppers_check(source, err) < 0)
		return -1;
	if (handle_read_spec(clone->arena, source, &clone->spec, err) < 0)
		return fail_in(err, "%s", id);
	return 0;
}

static int close_source(struct clone *clone, struct error *err)
{
	(void)err;
	handle_close(&clone->source);
	return 0;
}

static int open_layers(struct clone *clone, struct error *err)
{
	return uppers_open(&clone->uppers, clone->settings, false, clone->arena, err);
}

static int close_layers(struct clone *clone, struct error *err)
{
	(void)err;
	uppers_close(&clone->uppers);
	return 0;
}

static int capture(struct clone *clone, struct error *err)
{
	struct snapshot_list list;
	struct snapshot *snapshot;

	if (clone->request->number) {
		if (snapshot_find(&clone->source, clone->request->number, clone->arena, &list,
				  &snapshot, err) < 0)
			return -1;
		clone->layers = snapshot->layers;
		return 0;
	}
	return uppers_capture(clone->settings, &clone->uppers, &clone->source, clone->arena,
			      &clone->layers, err);
}

static int drop_captured(struct clone *clone, struct error *err)
{
	return uppers_drop_copy(&clone->uppers, clone->arena, err);
}

/* The lower directories of the new one. */
static void find_layers(struct clone *clone)
{
	const struct string_list image = state_image_lowers(&clone->source.state);

	clone->state.lowers = string_list_join(clone->arena, &clone->layers, &image);
	clone->state.own_layers = clone->layers.count;
}

static int plan_clone(struct clone *clone, struct error *err)
{
	const struct settings *settings = clone->settings;
	struct state *state = &clone->state;
	struct arena *arena = clone->arena;
	char now[TIMESTAMP_SIZE];

	(void)err;

	*state = clone->source.state;
	state_forget_process(state);
	state->id = clone->request->name ? arena_strdup(arena, clone->request->name)
					 : prepare_make_id(arena);
	if (!state->since)
		state->since = state->created;
	state->created = arena_strdup(arena, timestamp_now(now));
	state->owner = state_owner(arena, settings->user);
	clone->parent = handle_data_path(arena, settings);
	state->data = path_join(arena, clone->parent, state->id);
	state->upper = state->upper ? path_join(arena, state->data, "upper") : NULL;
	state->keep = true;
	state->project = 0;
	find_layers(clone);
	return 0;
}

static int make_folder(struct clone *clone, struct error *err)
{
	clone->data = handle_make_folder(clone->parent, clone->state.id, err);
	clone->made = clone->data >= 0;
	return clone->made ? 0 : -1;
}

static int remove_folder(struct clone *clone, struct error *err)
{
	cleanup_fd int parent = -1, quota = -1;

	if (!clone->made) {
		close_fd(&clone->data);
		return 0;
	}
	quota = quota_open(&clone->state, clone->data);
	close_fd(&clone->data);
	parent = open(clone->parent, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0)
		return fail_errno(err, "open %s", clone->parent);
	if (rootless_remove_tree(clone->arena, parent, clone->state.id, err) < 0)
		return -1;
	return quota_remove(quota, &clone->state, err);
}

/* Volumes that are folders of the container's own: the clone has others, which begin anew. */
static int make_volumes(struct clone *clone, struct error *err)
{
	for (size_t i = 0; i < clone->spec.mounts.count; i++) {
		const char *source = clone->spec.mounts.items[i].source;
		const char *name =
			source && source[0] == '/' ? path_behind(source, clone->state.data) : NULL;
		cleanup_fd int made = -1;

		if (!name || !*name)
			continue;
		made = mkdir_in_root(clone->data, name, 0755, err);
		if (made < 0)
			return fail_in(err, "volume %s", source);
	}
	return 0;
}

static int make_layer(struct clone *clone, struct error *err)
{
	const struct overlay_plan plan = {
		.lowers = clone->state.lowers,
		.upper = clone->state.upper,
		.work = path_join(clone->arena, clone->state.data, "work"),
	};
	uint64_t size;

	clone_spec(clone->arena, &clone->source.state, &clone->state, &clone->spec);
	if (make_volumes(clone, err) < 0)
		return -1;
	if (!plan.upper || overlay_prepare(&plan, err) < 0)
		return plan.upper ? -1 : 0;
	if (quota_plan(&clone->spec, plan.upper, &size, err) < 0)
		return -1;
	return size ? quota_apply(clone->settings, &clone->state, plan.work, size, err) : 0;
}

/* The record is what makes it a container: it comes last. */
static int write_documents(struct clone *clone, struct error *err)
{
	cleanup_fd int parent = -1;
	size_t size;
	char *config;

	config = spec_encode(clone->arena, &clone->spec, &size);
	if (file_replace_at(clone->data, CONFIG_FILE, config, size, 0600, true, err) < 0 ||
	    state_save(clone->arena, clone->data, RECORD_FILE, &clone->state, true, err) < 0)
		return -1;
	parent = open(clone->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (parent < 0 || fsync(parent) < 0)
		return fail_errno(err, "sync %s", clone->parent);
	return 0;
}

STEPS(clone);

static const struct clone_step clone_steps[] = {
	{ "container", open_source, close_source },
	{ "layers", open_layers, close_layers },
	{ "push", capture, drop_captured },
	{ "plan", plan_clone, NULL },
	{ "clone's folder", make_folder, remove_folder },
	{ "clone's layer", make_layer, NULL },
	{ "clone's documents", write_documents, NULL },
};

int container_clone(const struct settings *settings, const struct clone_request *request,
		    struct arena *arena, const char **made, struct error *err)
{
	struct clone clone = {
		.settings = settings,
		.request = request,
		.arena = arena,
		.source = HANDLE_NONE,
		.uppers = UPPERS_NONE,
		.data = -1,
	};
	struct error ignored;

	if (clone_run(clone_steps, ARRAY_SIZE(clone_steps), &clone, err) < 0)
		return -1;
	*made = clone.state.id;
	clone.made = false; /* it stays */
	clone.uppers.copy = NULL;
	clone_undo(clone_steps, ARRAY_SIZE(clone_steps), &clone, &ignored);
	return uppers_release(settings, &clone.uppers.left, arena, err);
}
