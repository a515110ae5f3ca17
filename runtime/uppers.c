/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/uppers.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h> /* renameat2 */
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/step.h"
#include "fs/xattrs.h"
#include "runtime/rootless.h"
#include "runtime/snapshot_list.h"

int uppers_open(struct uppers *uppers, const struct settings *settings, bool exclusive,
		struct arena *arena, struct error *err)
{
	*uppers = UPPERS_NONE;
	uppers->path = path_join(arena, settings->data_root, UPPERS_FOLDER);
	if (mkdir(uppers->path, 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "make %s", uppers->path);
	uppers->dir = open(uppers->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (uppers->dir < 0)
		return fail_errno(err, "open %s", uppers->path);
	while (flock(uppers->dir, exclusive ? LOCK_EX : LOCK_SH) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock %s", uppers->path);
	return 0;
}

void uppers_close(struct uppers *uppers)
{
	close_fd(&uppers->dir);
}

int uppers_make(const struct uppers *uppers, struct arena *arena, char **path, struct error *err)
{
	for (;;) {
		unsigned long number;
		char name[24];
		int dir;

		if (getrandom(&number, sizeof(number), 0) != sizeof(number))
			return fail_errno(err, "make up a name");
		snprintf(name, sizeof(name), "%016lx", number);
		if (mkdirat(uppers->dir, name, 0700) < 0) {
			if (errno == EEXIST)
				continue;
			return fail_errno(err, "make %s/%s", uppers->path, name);
		}
		dir = openat(uppers->dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir < 0)
			return fail_errno(err, "open %s/%s", uppers->path, name);
		*path = arena_printf(arena, "%s/%s", uppers->path, name);
		return dir;
	}
}

/* Pushing ------------------------------------------------------------------------------------ */

struct push {
	const struct uppers *uppers;
	struct handle *handle;
	struct arena *arena;
	char *path;	    /* of the new layer */
	struct state state; /* with it */
	bool exchanged;
};

int uppers_copy_root(int from, int to, struct error *err)
{
	cleanup_xattrs struct xattrs xattrs = { 0 };
	struct stat status;

	if (fstat(from, &status) < 0 || fchown(to, status.st_uid, status.st_gid) < 0 ||
	    fchmod(to, status.st_mode & 07777) < 0)
		return fail_errno(err, "make the layer's root as it was");
	if (xattrs_read_at(&xattrs, from, ".", err) < 0)
		return -1;
	xattrs_drop(&xattrs, "trusted.overlay.");
	xattrs_drop(&xattrs, "user.overlay.");
	for (size_t i = 0; i < xattrs.count; i++)
		if (fsetxattr(to, xattrs.items[i].name, xattrs.items[i].value, xattrs.items[i].size,
			      0) < 0)
			return fail_errno(err, "set %s of the layer's root", xattrs.items[i].name);
	return 0;
}

static int make_layer(struct push *push, struct error *err)
{
	const struct state *state = &push->handle->state;
	cleanup_fd int upper = open(state->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC), made = -1;

	if (upper < 0)
		return fail_errno(err, "open %s", state->upper);
	made = uppers_make(push->uppers, push->arena, &push->path, err);
	if (made < 0 || uppers_copy_root(upper, made, err) < 0)
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

int uppers_push(const struct uppers *uppers, struct handle *handle, struct arena *arena,
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
	return empty ? 0 : push_run(push_steps, ARRAY_SIZE(push_steps), &push, err);
}

/* Counting ----------------------------------------------------------------------------------- */

/* The layers that documents name. */
struct used {
	struct arena *arena;
	struct string_list names;
	size_t room;
};

/* By their names: the data root may be reached by more than one path. */
static void add_all(struct used *used, char *const *paths, size_t count)
{
	struct string_list *names = &used->names;

	if (names->count + count > used->room) {
		size_t room = 2 * (names->count + count) + 64;
		char **larger = arena_array(used->arena, char *, room);

		if (names->count)
			memcpy(larger, names->items, names->count * sizeof(*larger));
		names->items = larger;
		used->room = room;
	}
	for (size_t i = 0; i < count; i++)
		names->items[names->count++] = strrchr(paths[i], '/') + 1;
}

static int add_container(struct used *used, int data, struct error *err)
{
	struct snapshot_list list;
	struct state state;

	if (state_load(used->arena, data, RECORD_FILE, &state, err) < 0)
		return err->errnum == ENOENT ? 0 : -1; /* half made: it has none yet */
	add_all(used, state.lowers.items, (size_t)state.own_layers);
	if (snapshot_list_load(used->arena, data, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.snapshots.count; i++)
		add_all(used, list.snapshots.items[i].layers.items,
			list.snapshots.items[i].layers.count);
	return 0;
}

static int find_used(const struct settings *settings, struct used *used, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(AT_FDCWD, handle_data_path(used->arena, settings), err);
	struct dirent *entry;

	if (!dir)
		return err->errnum == ENOENT ? 0 : -1;
	while (errno = 0, (entry = readdir(dir))) {
		cleanup_fd int data = -1;

		if (!path_is_plain_name(entry->d_name))
			continue;
		data = openat(dirfd(dir), entry->d_name,
			      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (data >= 0 && add_container(used, data, err) < 0)
			return fail_in(err, "which layers %s has", entry->d_name);
	}
	return errno ? fail_errno(err, "read the containers' folder") : 0;
}

int uppers_release(const struct settings *settings, const struct string_list *paths,
		   struct arena *arena, struct error *err)
{
	cleanup_uppers struct uppers uppers = UPPERS_NONE;
	struct used used = { .arena = arena };

	if (!paths->count)
		return 0;
	if (uppers_open(&uppers, settings, true, arena, err) < 0 ||
	    find_used(settings, &used, err) < 0)
		return -1;
	for (size_t i = 0; i < paths->count; i++) {
		const char *name = strrchr(paths->items[i], '/') + 1;

		if (!string_list_has(&used.names, name) &&
		    rootless_remove_tree(arena, uppers.dir, name, err) < 0)
			return fail_in(err, "%s", uppers.path);
	}
	return 0;
}

int uppers_prune(const struct settings *settings, size_t *removed, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_uppers struct uppers uppers = UPPERS_NONE;
	cleanup_dir DIR *dir = NULL;
	struct used used = { .arena = &arena };
	struct dirent *entry;

	*removed = 0;
	if (access(path_join(&arena, settings->data_root, UPPERS_FOLDER), F_OK) < 0)
		return 0;
	if (uppers_open(&uppers, settings, true, &arena, err) < 0 ||
	    find_used(settings, &used, err) < 0)
		return -1;
	dir = open_dir_at(uppers.dir, ".", err);
	if (!dir)
		return -1;
	while (errno = 0, (entry = readdir(dir))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    string_list_has(&used.names, entry->d_name))
			continue;
		if (rootless_remove_tree(&arena, uppers.dir, entry->d_name, err) < 0)
			return fail_in(err, "%s", uppers.path);
		(*removed)++;
	}
	return errno ? fail_errno(err, "read %s", uppers.path) : 0;
}
