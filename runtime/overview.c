/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/overview.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/macro.h"
#include "base/parallel.h"
#include "cgroup/cgroup.h"
#include "cgroup/events.h"
#include "runtime/handle.h"

/* So many are looked at by one thread before it is worth it to begin another. */
#define ENOUGH_FOR_A_THREAD 32
#define MOST_THREADS 4

/* More than a state with some annotations has. */
#define USUAL_STATE 8192

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

/* What each thread has of its own. */
struct observer {
	struct arena arena, scratch;
	char *parent; /* of the cgroup that was looked at last, with the slash behind it */
	int parent_fd;
};

/* Why there is nothing to be shown of a container. */
struct absence {
	bool absent;
	const char *failure; /* NULL: that is not to be told */
};

/* What is open while all are looked at. */
struct view {
	const struct settings *settings;
	const struct string_list *names;
	int root;		 /* settings->root */
	struct cgroup_host host; /* root -1: no cgroups here */
	struct observer observers[MOST_THREADS];
	/* one for each name */
	struct container_info *items;
	struct absence *absences;
};

/* More than the path of any file that is looked for in a container's folder. */
#define PATH_ROOM (NAME_MAX + sizeof("/" STATE_FILE START_SOCKET))

/* Writes ID and file, which has its slash with it, behind each other. */
static bool file_path(const char *id, const char *file, char path[PATH_ROOM])
{
	const size_t length = strlen(id);

	if (length > NAME_MAX)
		return false;
	memcpy(path, id, length + 1);
	memcpy(path + length, file, strlen(file) + 1);
	return true;
}

/* Reads ID/state.json; -1: there is none, or not one of a usual size. */
static ssize_t read_state(const struct view *view, const char *id, char text[USUAL_STATE])
{
	char path[PATH_ROOM];
	cleanup_fd int fd = -1;
	ssize_t size;

	if (!file_path(id, "/" STATE_FILE, path))
		return -1;
	fd = openat(view->root, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, text, USUAL_STATE);
	return size < USUAL_STATE ? size : -1;
}

static bool is_waiting_for_start(const struct view *view, const char *id)
{
	char path[PATH_ROOM];

	return file_path(id, "/" START_SOCKET, path) && faccessat(view->root, path, F_OK, 0) == 0;
}

/* Most containers' cgroups are beside each other: what is above is looked up once. */
static int find_events(const struct view *view, struct observer *observer, const char *path,
		       struct cgroup_events *events, struct error *err)
{
	const char *slash = strrchr(path, '/');
	const char *name;
	size_t length;

	if (!slash)
		return fail(err, EINVAL, "cgroup %s", path);
	name = slash + 1;
	length = (size_t)(name - path);
	if (!observer->parent || strlen(observer->parent) != length ||
	    memcmp(observer->parent, path, length) != 0) {
		observer->parent = arena_strndup(&observer->arena, path, length);
		close_fd(&observer->parent_fd);
		observer->parent_fd =
			cgroup_open(&view->host, length > 1 ? observer->parent : "/.", err);
	}
	if (observer->parent_fd < 0)
		return fail(err, ENOENT, "cgroup %s", observer->parent);
	return cgroup_events_find(observer->parent_fd, name, events, err);
}

/* So that it outlives the scratch space. */
static void keep(struct arena *arena, struct container_info *info)
{
	const char **const strings[] = {
		&info->id,	&info->bundle,	      &info->rootfs,	   &info->created,
		&info->command, &info->image,	      &info->image_digest, &info->cgroup,
		&info->data,	&info->systemd_scope, &info->owner,	   &info->oci_version,
	};
	struct string_map map = info->annotations;

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		*strings[i] = arena_strdup(arena, *strings[i]);
	if (!map.count)
		return;
	info->annotations.items = arena_alloc_array(arena, map.count, sizeof(*map.items));
	for (size_t i = 0; i < map.count; i++) {
		info->annotations.items[i].key = arena_strdup(arena, map.items[i].key);
		info->annotations.items[i].value = arena_strdup(arena, map.items[i].value);
	}
}

/*
 * The usual case, a container that runs: its state, its process and its cgroup are looked at once
 * and its folder is not opened. False: it takes a whole handle to say what it is.
 */
static bool look(const struct view *view, struct observer *observer, const char *id,
		 struct container_info *info)
{
	struct cgroup_events events = { 0 };
	struct handle handle = HANDLE_NONE;
	cleanup_fd int pidfd = -1;
	char text[USUAL_STATE];
	struct error ignored;
	ssize_t size = read_state(view, id, text);

	arena_clear(&observer->scratch);
	if (size <= 0 || state_decode(&observer->scratch, STATE_FILE, text, (size_t)size,
				      &handle.state, &ignored) < 0)
		return false;
	pidfd = identity_open(&handle.state.init, &ignored);
	if (pidfd < 0)
		return false;
	if (handle.state.cgroup && view->host.root >= 0 &&
	    find_events(view, observer, handle.state.cgroup, &events, &ignored) < 0)
		return false;
	handle.status = STATUS_RUNNING;
	if (events.frozen)
		handle.status = STATUS_PAUSED;
	else if (!handle.state.started && is_waiting_for_start(view, id))
		handle.status = STATUS_CREATED;
	handle.dir = view->root;
	handle.pidfd = pidfd;
	if (fill_info(&observer->scratch, &handle, info, &ignored) < 0)
		return false;
	keep(&observer->arena, info);
	return true;
}

/* One that goes meanwhile is no error, one that is broken hides no other. */
static int look_at(void *context, size_t index, unsigned worker, struct error *err)
{
	struct view *view = context;
	struct observer *observer = &view->observers[worker];
	struct container_info *info = &view->items[index];
	const char *id = view->names->items[index];

	if (look(view, observer, id, info) ||
	    container_info(view->settings, id, &observer->arena, info, err) == 0)
		return 0;
	view->absences[index].absent = true;
	if (err->errnum != ENOENT)
		view->absences[index].failure = arena_strdup(&observer->arena, err->text);
	return 0;
}

static unsigned count_threads(size_t count)
{
	size_t enough = count / ENOUGH_FOR_A_THREAD;

	return enough < 2
		       ? 1
		       : parallel_threads(enough < MOST_THREADS ? (unsigned)enough : MOST_THREADS);
}

/* Closes the gaps. Returns how many there are. */
static size_t pack(const struct view *view)
{
	size_t count = 0;

	for (size_t i = 0; i < view->names->count; i++) {
		if (view->absences[i].failure)
			log_warning("%s", view->absences[i].failure);
		if (view->absences[i].absent)
			continue;
		if (count < i)
			view->items[count] = view->items[i];
		count++;
	}
	return count;
}

struct container_info *overview(const struct settings *settings, const struct string_list *names,
				struct arena *arena, size_t *count)
{
	struct view view = {
		.settings = settings,
		.names = names,
		.root = open(settings->root, O_PATH | O_DIRECTORY | O_CLOEXEC),
		.items = arena_array(arena, struct container_info, names->count),
		.absences = arena_array(arena, struct absence, names->count),
	};
	struct error err;

	for (size_t i = 0; i < MOST_THREADS; i++)
		view.observers[i].parent_fd = -1;
	if (cgroup_host_open(arena, &view.host, &err) < 0)
		view.host.root = -1;
	parallel_run(count_threads(names->count), names->count, look_at, &view, &err);
	*count = pack(&view);
	for (size_t i = 0; i < MOST_THREADS; i++) {
		arena_join(arena, &view.observers[i].arena);
		arena_free(&view.observers[i].scratch);
		close_fd(&view.observers[i].parent_fd);
	}
	close_fd(&view.root);
	cgroup_host_close(&view.host);
	return view.items;
}
