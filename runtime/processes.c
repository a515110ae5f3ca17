/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The processes of a container: those of its cgroup, or without one those of its pid namespace,
 * where the namespaces that it made itself are not seen.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "cgroup/process.h"
#include "runtime/container.h"
#include "runtime/handle.h"

static bool same_namespace(const struct stat *a, const struct stat *b)
{
	return a->st_ino == b->st_ino && a->st_dev == b->st_dev;
}

/* The pid namespace of a process, by its name in /proc; false when we may not look, or it is gone.
 */
static bool stat_namespace(DIR *proc, const char *name, struct stat *status)
{
	char path[64];

	snprintf(path, sizeof(path), "%.32s/ns/pid", name);
	return fstatat(dirfd(proc), path, status, 0) == 0;
}

static void add(struct arena *arena, struct process_list *list, size_t *room, pid_t pid)
{
	if (list->count == *room) {
		pid_t *larger = arena_array(arena, pid_t, *room = 2 * *room + 32);

		if (list->count)
			memcpy(larger, list->items, list->count * sizeof(*larger));
		list->items = larger;
	}
	list->items[list->count++] = pid;
}

static int read_namespace(const struct handle *handle, struct arena *arena,
			  struct process_list *list, struct error *err)
{
	cleanup_dir DIR *proc = open_dir_at(AT_FDCWD, "/proc", err);
	struct stat own, container, status;
	const struct dirent *entry;
	size_t room = 0;

	if (!proc)
		return -1;
	if (!stat_namespace(proc, "self", &own) ||
	    !stat_namespace(proc, arena_printf(arena, "%d", (int)handle->state.init.pid),
			    &container))
		return fail_errno(err, "%s: its pid namespace", handle->state.id);
	if (same_namespace(&own, &container))
		return fail(
			err, ENOENT,
			"%s: the container has neither a cgroup nor a pid namespace of its own: "
			"its processes cannot be told from others",
			handle->state.id);
	while ((entry = readdir(proc)))
		if (isdigit((unsigned char)entry->d_name[0]) &&
		    stat_namespace(proc, entry->d_name, &status) &&
		    same_namespace(&status, &container))
			add(arena, list, &room, (pid_t)strtol(entry->d_name, NULL, 10));
	return 0;
}

static bool has_ended(const struct handle *handle)
{
	struct pollfd end = { .fd = handle->pidfd, .events = POLLIN };

	return handle->pidfd < 0 || poll(&end, 1, 0) != 0;
}

static int read_processes(struct handle *handle, struct arena *arena, struct process_list *list,
			  struct error *err)
{
	cleanup_fd int cgroup = -1;
	int result;

	if (handle->state.cgroup) {
		cgroup = handle_open_cgroup(arena, handle, err);
		if (cgroup < 0)
			return err->errnum == ENOENT && has_ended(handle) ? 0 : -1;
		return cgroup_processes(arena, cgroup, true, list, err);
	}
	if (has_ended(handle))
		return 0;
	result = read_namespace(handle, arena, list, err);
	/* what ended meanwhile may have another one's number by now, and then so has its namespace
	 */
	if (!has_ended(handle))
		return result;
	*list = (struct process_list){ 0 };
	return 0;
}

int container_processes(const struct settings *settings, const char *id, struct arena *arena,
			pid_t **pids, size_t *count, struct error *err)
{
	cleanup_handle struct handle handle = HANDLE_NONE;
	struct process_list list = { 0 };

	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &handle, err) < 0 ||
	    read_processes(&handle, arena, &list, err) < 0)
		return -1;
	*pids = list.items;
	*count = list.count;
	return 0;
}
