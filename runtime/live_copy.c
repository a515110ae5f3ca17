/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/live_copy.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/step.h"
#include "fs/layer_stack.h"
#include "fs/stage.h"
#include "runtime/container.h"
#include "runtime/freezer.h"
#include "runtime/rootless.h"

struct copy {
	const struct settings *settings;
	const struct uppers *uppers;
	struct handle *handle;
	struct arena *arena;
	char **path;
	int upper, cgroup;
	struct freezer freezer;
	struct stage *stage;
	bool done; /* the copy is the caller's */
};

static int find_processes(void *context, struct arena *arena, const pid_t **pids, size_t *count,
			  struct error *err)
{
	const struct copy *copy = context;
	pid_t *found;

	if (container_processes(copy->settings, copy->handle->state.id, arena, &found, count, err) <
	    0)
		return -1;
	*pids = found;
	return 0;
}

static int begin_copy(struct copy *copy, struct error *err)
{
	struct stage_options options = {
		.folder = copy->uppers->dir,
		.processes = find_processes,
		.context = copy,
	};

	copy->upper = layer_open(copy->handle->state.upper, err);
	if (copy->upper < 0)
		return -1;
	options.upper = copy->upper;
	copy->stage = stage_open(&options, err);
	if (!copy->stage)
		return -1;
	return stage_copy(copy->stage, err);
}

static int drop_copy(struct copy *copy, struct error *err)
{
	(void)err;
	stage_close(&copy->stage);
	close_fd(&copy->upper);
	return 0;
}

static int start_guard(struct copy *copy, struct error *err)
{
	if (copy->handle->status == STATUS_PAUSED)
		return 0;
	copy->cgroup = handle_open_cgroup(copy->arena, copy->handle, err);
	if (copy->cgroup < 0)
		return fail_in(err, "cannot be frozen");
	copy->freezer.cgroups = &copy->cgroup;
	copy->freezer.count = 1;
	return freezer_begin(&copy->freezer, err);
}

static int end_guard(struct copy *copy, struct error *err)
{
	(void)err;
	freezer_end(&copy->freezer);
	close_fd(&copy->cgroup);
	return 0;
}

static int freeze(struct copy *copy, struct error *err)
{
	return freezer_freeze(&copy->freezer, err);
}

static int thaw(struct copy *copy, struct error *err)
{
	return freezer_thaw(&copy->freezer, err);
}

static int settle(struct copy *copy, struct error *err)
{
	return stage_settle(copy->stage, true, err);
}

static int thaw_again(struct copy *copy, struct error *err)
{
	return thaw(copy, err) < 0 ? -1 : end_guard(copy, err);
}

static int finish_copy(struct copy *copy, struct error *err)
{
	if (stage_finish(copy->stage, err) < 0)
		return -1;
	/* one call for all of it: nobody looks at it again before it is used */
	if (syncfs(stage_root(copy->stage)) < 0)
		return fail_errno(err, "sync the copy");
	return 0;
}

/* In the place of an empty layer of a name that nobody else has. */
static int take_copy(struct copy *copy, struct error *err)
{
	cleanup_fd int made = uppers_make(copy->uppers, copy->arena, copy->path, err);

	if (made < 0)
		return -1;
	if (stage_take(copy->stage, copy->uppers->dir, strrchr(*copy->path, '/') + 1, err) < 0)
		return -1;
	return fsync(copy->uppers->dir) < 0 ? fail_errno(err, "sync %s", copy->uppers->path) : 0;
}

static int remove_taken(struct copy *copy, struct error *err)
{
	if (copy->done || !*copy->path)
		return 0;
	return rootless_remove_tree(copy->arena, copy->uppers->dir, strrchr(*copy->path, '/') + 1,
				    err);
}

STEPS(copy);

static const struct copy_step copy_steps[] = {
	{ "copy", begin_copy, drop_copy },
	{ "guard", start_guard, end_guard },
	{ "freeze", freeze, thaw },
	{ "last pass", settle, NULL },
	{ "thaw", thaw_again, NULL },
	{ "finish copy", finish_copy, NULL },
	{ "take copy", take_copy, remove_taken },
};

int live_copy(const struct settings *settings, const struct uppers *uppers, struct handle *handle,
	      struct arena *arena, char **path, struct error *err)
{
	struct copy copy = {
		.settings = settings,
		.uppers = uppers,
		.handle = handle,
		.arena = arena,
		.path = path,
		.upper = -1,
		.cgroup = -1,
		.freezer = { .parent = -1, .guard = -1 },
	};
	struct error ignored;

	*path = NULL;
	if (copy_run(copy_steps, ARRAY_SIZE(copy_steps), &copy, err) < 0)
		return fail_in(err, "%s", handle->state.id);
	copy.done = true;
	return copy_undo(copy_steps, ARRAY_SIZE(copy_steps), &copy, &ignored);
}
