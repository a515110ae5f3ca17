/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "cgroup/cgroup.h"
#include "cgroup/events.h"
#include "runtime/launch.h"

char *handle_data_path(struct arena *arena, const struct settings *settings)
{
	return path_join(arena, settings->data_root, "containers");
}

/* Opens path/id; -1 without an error text when there is none. */
static int open_folder(struct arena *arena, const char *path, const char *id)
{
	return openat(AT_FDCWD, path_join(arena, path, id),
		      O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_removed(int dir)
{
	struct stat status;

	return fstat(dir, &status) == 0 && status.st_nlink == 0;
}

static int lock(int dir, struct error *err)
{
	while (flock(dir, LOCK_EX) < 0)
		if (errno != EINTR)
			return fail_errno(err, "lock the container");
	return 0;
}

/* Who waits for the lock of a container that is being removed finds it gone afterwards. */
static int lock_folder(int *dir, struct error *err)
{
	if (*dir < 0)
		return 0;
	if (lock(*dir, err) < 0)
		return -1;
	if (is_removed(*dir))
		close_fd(dir);
	return 0;
}

static bool is_waiting_for_start(int dir)
{
	return faccessat(dir, START_SOCKET, F_OK, 0) == 0;
}

/* The fact, not the wish: see cgroup/freeze.h. */
static int find_frozen(struct arena *arena, struct handle *handle, bool *frozen, struct error *err)
{
	struct cgroup_events events = { 0 };
	struct error ignored;

	if (handle->state.cgroup)
		handle->cgroup = cgroup_find(arena, handle->state.cgroup, &ignored);
	if (handle->cgroup >= 0 && cgroup_events_read(handle->cgroup, &events, err) < 0)
		return -1;
	*frozen = events.frozen;
	return 0;
}

static int find_status(struct arena *arena, struct handle *handle, struct error *err)
{
	bool frozen;

	if (handle->incomplete || handle->dir < 0 || !handle->state.init.pid)
		return 0;
	handle->pidfd = identity_open(&handle->state.init, err);
	if (handle->pidfd < 0)
		return err->errnum == ESRCH ? 0 : -1;
	if (find_frozen(arena, handle, &frozen, err) < 0)
		return -1;
	if (frozen)
		handle->status = STATUS_PAUSED;
	else if (!handle->state.started && is_waiting_for_start(handle->dir))
		handle->status = STATUS_CREATED;
	else
		handle->status = STATUS_RUNNING;
	return 0;
}

/*
 * A state folder that we have locked and that has no state yet may be one that is being made: who
 * does so holds the data folder and is about to lock this one. Then it is let go of, and 1 returned
 * when the other is done; else 0, with the data folder locked too.
 */
static int yield_to_maker(struct arena *arena, const char *data, const char *id,
			  struct handle *handle, struct error *err)
{
	cleanup_fd int folder = -1;

	if (faccessat(handle->dir, STATE_FILE, F_OK, 0) == 0)
		return 0;
	folder = open_folder(arena, data, id);
	if (folder < 0)
		return 0;
	if (flock(folder, LOCK_EX | LOCK_NB) == 0) {
		if (!is_removed(folder))
			handle->data = take_fd(&folder);
		return 0;
	}
	close_fd(&handle->dir);
	return lock_folder(&folder, err) < 0 ? -1 : 1;
}

/*
 * Opens the state folder, or when there is none the data folder. Who makes a container makes and
 * locks its data folder first: once we get that lock the container may be complete.
 */
static int open_state_folder(const struct settings *settings, const char *id,
			     enum handle_lock wanted, struct arena *arena, struct handle *handle,
			     struct error *err)
{
	const char *data = handle_data_path(arena, settings);

	for (;;) {
		cleanup_fd int made = -1;

		handle->dir = open_folder(arena, settings->root, id);
		if (wanted != HANDLE_NO_LOCK && lock_folder(&handle->dir, err) < 0)
			return -1;
		if (handle->dir >= 0 && wanted != HANDLE_NO_LOCK) {
			int yielded = yield_to_maker(arena, data, id, handle, err);

			if (yielded <= 0)
				return yielded;
			continue;
		}
		if (handle->dir >= 0)
			return 0;
		handle->data = open_folder(arena, data, id);
		if (handle->data < 0 || wanted == HANDLE_NO_LOCK)
			return 0;
		if (lock_folder(&handle->data, err) < 0)
			return -1;
		/* removed before we had the lock; who was making it then makes it again */
		if (handle->data < 0)
			continue;
		made = open_folder(arena, settings->root, id);
		if (made < 0)
			return 0;
		close_fd(&handle->data);
	}
}

/*
 * Reads state.json. Where there is none the making goes on as long as somebody else holds the
 * lock; if nobody does it was completed in between, or interrupted.
 */
static int load_state(struct arena *arena, enum handle_lock wanted, struct handle *handle,
		      struct error *err)
{
	int result = state_load(arena, handle->dir, STATE_FILE, &handle->state, err);

	if (result == 0 || (err->errnum != ENOENT && wanted != HANDLE_FORCE))
		return result;
	handle->incomplete = true;
	if (wanted != HANDLE_NO_LOCK)
		return 0;
	if (flock(handle->dir, LOCK_SH | LOCK_NB) < 0) {
		handle->status = STATUS_CREATING;
		return 0;
	}
	flock(handle->dir, LOCK_UN);
	if (is_removed(handle->dir))
		close_fd(&handle->dir);
	else if (state_load(arena, handle->dir, STATE_FILE, &handle->state, err) == 0)
		handle->incomplete = false;
	return 0;
}

int handle_check_name(const char *id, struct error *err)
{
	const char *bad = strchr(id, '/');

	if (path_is_plain_name(id))
		return 0;
	/* crun's words, which its callers' tests look for */
	if (bad)
		return fail(err, EINVAL, "%s: not a container ID: invalid character `/` in the ID",
			    id);
	return fail(err, EINVAL, "%s: not a container ID (letters, digits and _+.- only)", id);
}

/* The record may have come to the disk before the spec when the power went: see state_sync(). */
static bool is_empty(int dir, const char *name)
{
	struct stat status;

	return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_size == 0;
}

/* The usual case: a folder with its state in it is neither being made nor removed. */
static bool open_complete(const struct settings *settings, const char *id, enum handle_lock wanted,
			  struct arena *arena, struct handle *handle)
{
	struct error ignored;

	handle->dir = open_folder(arena, settings->root, id);
	if (handle->dir < 0)
		return false;
	if ((wanted == HANDLE_NO_LOCK || lock(handle->dir, &ignored) == 0) &&
	    state_load(arena, handle->dir, STATE_FILE, &handle->state, &ignored) == 0)
		return true;
	close_fd(&handle->dir);
	return false;
}

int handle_open(const struct settings *settings, const char *id, enum handle_lock wanted,
		struct arena *arena, struct handle *handle, struct error *err)
{
	*handle = HANDLE_NONE;
	handle->status = STATUS_STOPPED;
	if (handle_check_name(id, err) < 0)
		return -1;
	if (!open_complete(settings, id, wanted, arena, handle)) {
		if (open_state_folder(settings, id, wanted, arena, handle, err) < 0)
			return -1;
		if (handle->dir >= 0 && load_state(arena, wanted, handle, err) < 0)
			return fail_in(err, "%s", id);
	}
	/* without a state folder it has been looked for already, and what came since is not locked
	 */
	if (handle->data < 0 && handle->dir >= 0 && (handle->incomplete || handle->state.data))
		handle->data = open_folder(arena, handle_data_path(arena, settings), id);
	if (handle->dir < 0 && handle->data < 0)
		return fail(err, ENOENT, "%s: container does not exist", id);
	if (handle->dir < 0) {
		int result = state_load(arena, handle->data, RECORD_FILE, &handle->state, err);

		if (result < 0 && err->errnum != ENOENT && wanted != HANDLE_FORCE)
			return fail_in(err, "%s", id);
		handle->incomplete = result < 0 || is_empty(handle->data, CONFIG_FILE);
	}
	if (handle->incomplete)
		handle->state = (struct state){ .id = arena_strdup(arena, id) };
	return find_status(arena, handle, err);
}

void handle_close(struct handle *handle)
{
	close_fd(&handle->dir);
	close_fd(&handle->data);
	close_fd(&handle->pidfd);
	close_fd(&handle->cgroup);
}

int handle_open_cgroup(struct arena *arena, struct handle *handle, struct error *err)
{
	if (handle->cgroup >= 0)
		return take_fd(&handle->cgroup);
	if (!handle->state.cgroup)
		return fail(err, ENOENT,
			    "%s: the container has no cgroup (none was delegated to who started "
			    "it, or --cgroup-manager=disabled)",
			    handle->state.id);
	return cgroup_find(arena, handle->state.cgroup, err);
}

int handle_read_spec(struct arena *arena, const struct handle *handle, struct spec *spec,
		     struct error *err)
{
	return spec_read(arena, handle->dir >= 0 ? handle->dir : handle->data, CONFIG_FILE, spec,
			 NULL, NULL, err);
}

int handle_allow(const struct handle *handle, const char *verb, unsigned int statuses,
		 struct error *err)
{
	if (statuses & 1U << handle->status)
		return 0;
	if (handle->status == STATUS_STOPPED && strcmp(verb, "start") != 0)
		return fail(err, ESRCH, "%s: container not running", handle->state.id);
	if (handle->status == STATUS_STOPPED)
		return fail(err, EINVAL, "%s: cannot start a container that has stopped",
			    handle->state.id);
	return fail(err, EBUSY, "%s: cannot %s a container that is %s", handle->state.id, verb,
		    status_name(handle->status));
}

int handle_make_folder(const char *path, const char *id, struct error *err)
{
	cleanup_fd int parent = openat(AT_FDCWD, path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (parent < 0) {
		cleanup_fd int root = openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY | O_CLOEXEC);

		parent = mkdir_in_root(root, path, 0700, err);
	}
	if (parent < 0)
		return -1;
	/* Until it is locked it looks like one of a crash: a prune may come in between. */
	for (;;) {
		cleanup_fd int dir = -1;
		struct stat status;

		if (mkdirat(parent, id, 0700) < 0) {
			if (errno == EEXIST)
				return fail(err, EEXIST,
					    "%s: container with given ID already exists", id);
			return fail_errno(err, "make %s/%s", path, id);
		}
		dir = openat(parent, id, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (dir < 0 && errno == ENOENT)
			continue;
		if (dir < 0 || flock(dir, LOCK_EX) < 0 || fstat(dir, &status) < 0) {
			fail_errno(err, "lock %s/%s", path, id);
			unlinkat(parent, id, AT_REMOVEDIR); /* too many open files, say */
			return -1;
		}
		if (status.st_nlink > 0)
			return take_fd(&dir);
	}
}
