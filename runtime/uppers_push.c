/* SPDX-License-Identifier: Apache-2.0 */
/* How a writable layer becomes a read-only one. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/step.h"
#include "base/sys.h"
#include "base/user_namespace.h"
#include "fs/layer_merge.h"
#include "fs/project_quota.h"
#include "fs/xattrs.h"
#include "runtime/live_copy.h"
#include "runtime/rootless.h"
#include "runtime/uppers.h"

struct push {
	struct uppers *uppers;
	struct handle *handle;
	struct arena *arena;
	char *path;	    /* of the new layer */
	struct state state; /* with it */
	bool exchanged;
};

static int make_layer(struct push *push, struct error *err)
{
	const struct state *state = &push->handle->state;
	cleanup_fd int upper = open(state->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC), made = -1;

	if (upper < 0)
		return fail_errno(err, "open %s", state->upper);
	made = uppers_make(push->uppers, push->arena, &push->path, err);
	if (made < 0 || uppers_copy_root(upper, made, err) < 0 ||
	    (state->project && project_quota_join(made, state->project, err) < 0))
		return -1;
	if (fsync(made) < 0 || fsync(push->uppers->dir) < 0)
		return fail_errno(err, "sync %s", push->path);
	return 0;
}

/* It is empty, or it is the container's by now and not to be removed. */
static int remove_layer(struct push *push, struct error *err)
{
	(void)err;
	if (push->path && !push->exchanged)
		unlinkat(AT_FDCWD, push->path, AT_REMOVEDIR);
	return 0;
}

static int save(struct push *push, const struct state *state, struct error *err)
{
	return state_save(push->arena, push->handle->data, RECORD_FILE, state, true, err);
}

static int record_layer(struct push *push, struct error *err)
{
	struct string_list first = { .items = &push->path, .count = 1 };

	push->state = push->handle->state;
	push->state.lowers = string_list_join(push->arena, &first, &push->state.lowers);
	push->state.own_layers++;
	return save(push, &push->state, err);
}

static int forget_layer(struct push *push, struct error *err)
{
	return push->exchanged ? 0 : save(push, &push->handle->state, err);
}

static int exchange(struct push *push, struct error *err)
{
	const char *name = strrchr(push->path, '/') + 1;

	if (renameat2(AT_FDCWD, push->state.upper, push->uppers->dir, name, RENAME_EXCHANGE) < 0)
		return fail_errno(err, "exchange %s and %s", push->state.upper, push->path);
	push->exchanged = true;
	push->handle->state = push->state;
	if (fsync(push->handle->data) < 0 || fsync(push->uppers->dir) < 0)
		return fail_errno(err, "sync %s", push->uppers->path);
	return 0;
}

STEPS(push);

static const struct push_step push_steps[] = {
	{ "layer", make_layer, remove_layer },
	{ "layer's record", record_layer, forget_layer },
	{ "exchange", exchange, NULL },
};

/* Merging ------------------------------------------------------------------------------------ */

/* The own layers as plain directories, which their files can be linked from. */
static int open_stack(struct push *push, struct layer_stack *stack, int *fds, struct error *err)
{
	const struct state *state = &push->handle->state;

	*stack = (struct layer_stack){
		.upper = -1,
		.lowers = fds + 1,
		.lower_count = state->lowers.count - 1,
		.own_layers = (size_t)state->own_layers - 1,
		.user_xattr = in_user_namespace(),
	};
	for (size_t i = 0; i < state->lowers.count; i++) {
		const char *path = state->lowers.items[i];

		fds[i] = i < state->own_layers ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
					       : layer_open(path, err);
		if (fds[i] < 0)
			return fail_errno(err, "open layer %s", path);
	}
	stack->upper = fds[0];
	return 0;
}

static int merge_layers(struct push *push, struct error *err)
{
	size_t count = push->handle->state.lowers.count;
	int *fds = arena_array(push->arena, int, count), result;
	cleanup_fd int made = uppers_make(push->uppers, push->arena, &push->path, err);
	struct layer_stack stack;

	memset(fds, -1, count * sizeof(*fds));
	result = made < 0 ? -1 : open_stack(push, &stack, fds, err);
	if (result == 0)
		result = layer_merge(&stack, made, err);
	/* one call for the whole file system, as each file has its own links now */
	if (result == 0 && syncfs(made) < 0)
		result = fail_errno(err, "sync %s", push->path);
	for (size_t i = 0; i < count; i++)
		close_fd(&fds[i]);
	return result;
}

static int remove_merged(struct push *push, struct error *err)
{
	if (!push->path || push->exchanged)
		return 0;
	return rootless_remove_tree(push->arena, push->uppers->dir, strrchr(push->path, '/') + 1,
				    err);
}

static int record_merged(struct push *push, struct error *err)
{
	struct state *state = &push->handle->state;
	const struct string_list first = { .items = &push->path, .count = 1 };
	const struct string_list image = state_image_lowers(state);
	const struct string_list own = { state->lowers.items, (size_t)state->own_layers };

	push->state = *state;
	push->state.lowers = string_list_join(push->arena, &first, &image);
	push->state.own_layers = 1;
	if (save(push, &push->state, err) < 0)
		return -1;
	push->exchanged = true; /* it stays */
	push->uppers->left = string_list_join(push->arena, &push->uppers->left, &own);
	*state = push->state;
	return 0;
}

static const struct push_step merge_steps[] = {
	{ "merged layer", merge_layers, remove_merged },
	{ "merged layer's record", record_merged, NULL },
};

static int merge(const struct push *push, struct error *err)
{
	struct push own = {
		.uppers = push->uppers,
		.handle = push->handle,
		.arena = push->arena,
	};

	return push_run(merge_steps, ARRAY_SIZE(merge_steps), &own, err);
}

/* Nothing was written since the last push, or ever. */
static int is_empty(struct push *push, struct error *err)
{
	const struct state *state = &push->handle->state;
	cleanup_xattrs struct xattrs now = { 0 }, before = { 0 };
	cleanup_dir DIR *upper = open_dir_at(AT_FDCWD, state->upper, err);
	cleanup_fd int below = -1;
	struct stat status, below_status;
	struct dirent *entry;

	if (!upper)
		return -1;
	while (errno = 0, (entry = readdir(upper)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			return 0;
	below = open(state->lowers.items[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (errno || below < 0 || fstat(dirfd(upper), &status) < 0 ||
	    fstat(below, &below_status) < 0)
		return fail_errno(err, "read %s", state->upper);
	if (xattrs_read_at(&now, dirfd(upper), ".", err) < 0 ||
	    xattrs_read_at(&before, below, ".", err) < 0)
		return -1;
	for (int i = 0; i < 2; i++) {
		xattrs_drop(i ? &before : &now, "trusted.overlay.");
		xattrs_drop(i ? &before : &now, "user.overlay.");
	}
	return status.st_mode == below_status.st_mode && status.st_uid == below_status.st_uid &&
	       status.st_gid == below_status.st_gid && xattrs_equal(&now, &before);
}

int uppers_push(struct uppers *uppers, struct handle *handle, struct arena *arena,
		struct error *err)
{
	struct push push = { .uppers = uppers, .handle = handle, .arena = arena };
	int empty;

	if (!handle->state.upper) /* a read-only root */
		return 0;
	if (strcmp(handle->state.upper, path_join(arena, handle->state.data, "upper")) != 0)
		return fail(err, EINVAL,
			    "%s: its writable layer is at %s, a place of its spec's own "
			    "(overlay.upper): ctr does not move it away from there",
			    handle->state.id, handle->state.upper);
	empty = is_empty(&push, err);
	if (empty < 0)
		return fail_in(err, "%s", handle->state.id);
	if (empty)
		return 0;
	if (handle->state.own_layers >= UPPERS_MAX && merge(&push, err) < 0)
		return fail_in(err, "%s", handle->state.id);
	return push_run(push_steps, ARRAY_SIZE(push_steps), &push, err);
}

int uppers_capture(const struct settings *settings, struct uppers *uppers, struct handle *handle,
		   struct arena *arena, struct string_list *layers, struct error *err)
{
	const struct state *state = &handle->state;
	bool copy = state->upper && handle->status != STATUS_STOPPED;
	struct string_list top = { 0 };
	char *path;

	if (handle->status == STATUS_CREATING)
		return fail(err, EBUSY, "%s: is being made", state->id);
	if (!copy && uppers_push(uppers, handle, arena, err) < 0)
		return -1;
	if (copy) {
		if (live_copy(settings, uppers, handle, arena, &path, err) < 0)
			return -1;
		uppers->copy = path;
		top = (struct string_list){ .items = &path, .count = 1 };
	}
	*layers = (struct string_list){ state->lowers.items, (size_t)state->own_layers };
	*layers = string_list_join(arena, &top, layers);
	return 0;
}

int uppers_drop_copy(struct uppers *uppers, struct arena *arena, struct error *err)
{
	const char *name = uppers->copy ? strrchr(uppers->copy, '/') + 1 : NULL;

	return name ? rootless_remove_tree(arena, uppers->dir, name, err) : 0;
}
