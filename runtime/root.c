/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/root.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/overlay.h"
#include "fs/private_namespace.h"
#include "runtime/quota.h"
#include "runtime/root_mounts.h"

struct visit {
	int pidfd;
	enum root_view view;
};

/*
 * In a child that has a copy of our descriptors: the mount namespace of the container, whose root
 * is that of the namespace even for a process that has changed its own (/proc/PID/root would not
 * be). A clone of the root's mount alone is what was there before anything was mounted upon it.
 */
static int open_inside(void *context, struct error *err)
{
	const struct visit *visit = context;
	int fd;

	if (setns(visit->pidfd, CLONE_NEWNS) < 0)
		return fail_errno(err, "join its mount namespace");
	if (visit->view == ROOT_ALONE)
		fd = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	else
		fd = openat(AT_FDCWD, "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fail_errno(err, "open its root") : fd;
}

static int open_running(struct container_root *root, enum root_view view, struct error *err)
{
	struct visit visit = { .pidfd = root->handle.pidfd, .view = view };

	root->fd = private_namespace_run(open_inside, &visit, err);
	return root->fd < 0 ? -1 : 0;
}

static bool is_volatile(const struct container_root *root)
{
	return root->spec.overlay && root->spec.overlay->volatile_upper;
}

/* As runtime/spec_form.c has chosen it. */
static char *find_work(struct arena *arena, const struct state *state)
{
	if (!strcmp(state->upper, path_join(arena, state->data, "upper")))
		return path_join(arena, state->data, "work");
	return arena_printf(arena, "%s.work", state->upper);
}

/* The layers of one that has stopped. To look only, the writable one is just the topmost. */
static int open_layers(struct container_root *root, bool write, struct arena *arena,
		       struct error *err)
{
	const struct state *state = &root->handle.state;
	struct overlay_plan plan = { .lowers = state->lowers };

	if (write && state->upper) {
		plan.upper = state->upper;
		plan.work = find_work(arena, state);
		plan.volatile_upper = is_volatile(root);
		if (quota_plan(&root->spec, state->upper, &plan.size, err) < 0 ||
		    overlay_prepare(&plan, err) < 0)
			return -1;
	} else if (state->upper) {
		const struct string_list upper = {
			.items = (char *[]){ state->upper },
			.count = 1,
		};

		plan.lowers = string_list_join(arena, &upper, &state->lowers);
	}
	root->fd = overlay_open(&plan, NULL, err);
	return root->fd < 0 ? -1 : 0;
}

static bool has_user_namespace(const struct spec *spec)
{
	for (size_t i = 0; spec->linux && i < spec->linux->namespaces.count; i++)
		if (spec->linux->namespaces.items[i].type == NAMESPACE_USER)
			return true;
	return false;
}

static int open_stopped(struct container_root *root, enum root_view view, bool write,
			struct arena *arena, struct error *err)
{
	const struct state *state = &root->handle.state;
	int whole;

	if (!state->data) {
		root->fd = openat(AT_FDCWD, state->rootfs, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return root->fd < 0 ? fail_errno(err, "root %s", state->rootfs) : 0;
	}
	if (open_layers(root, write, arena, err) < 0)
		return -1;
	if (view == ROOT_ALONE || !root->spec.mounts.count || has_user_namespace(&root->spec))
		return 0;
	whole = root_mounts_open(root->fd, &root->spec, state->bundle, write, err);
	if (whole < 0)
		return -1;
	close_fd(&root->fd);
	root->fd = whole;
	return 0;
}

/*
 * An idmapped layer has the container's owners on disk, and those of the host when it is seen
 * through the mount; any other has those of the host in both places.
 */
static void find_mappings(struct container_root *root, bool running)
{
	if (!has_user_namespace(&root->spec) || (!running && root->handle.state.idmapped))
		return;
	root->uids = root->spec.linux->uid_mappings;
	root->gids = root->spec.linux->gid_mappings;
}

/* Opens the container: with its lock unless it runs. */
static int open_handle(const struct settings *settings, const char *id, struct arena *arena,
		       struct handle *handle, struct error *err)
{
	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, handle, err) < 0)
		return -1;
	if (handle->pidfd >= 0)
		return 0;
	handle_close(handle);
	*handle = HANDLE_NONE;
	/* it may be started before we have the lock; that does no harm */
	if (handle_open(settings, id, HANDLE_LOCK, arena, handle, err) < 0)
		return -1;
	if (handle->incomplete)
		return fail(err, EINVAL, "%s: its making was interrupted; remove it with 'rm'", id);
	return 0;
}

int container_root_open(const struct settings *settings, const char *id, enum root_view view,
			bool write, struct arena *arena, struct container_root *root,
			struct error *err)
{
	bool running;
	int result;

	*root = CONTAINER_ROOT_NONE;
	if (open_handle(settings, id, arena, &root->handle, err) < 0)
		return -1;
	if (handle_read_spec(arena, &root->handle, &root->spec, err) < 0)
		return fail_in(err, "%s", id);
	running = root->handle.pidfd >= 0;
	result = running ? open_running(root, view, err)
			 : open_stopped(root, view, write, arena, err);
	if (result < 0)
		return fail_in(err, "%s", id);
	find_mappings(root, running);
	return 0;
}

void container_root_close(struct container_root *root)
{
	close_fd(&root->fd);
	handle_close(&root->handle);
	root->handle = HANDLE_NONE;
}
