/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/events.h"
#include "cgroup/walk.h"

/* A cgroup with more than a million processes is not read. */
#define MAX_PROCS_FILE ((size_t)16 << 20)

struct collection {
	struct arena *arena;
	struct process_list *list;
	size_t room;
};

static void collect(struct collection *collection, pid_t pid)
{
	struct process_list *list = collection->list;

	if (list->count == collection->room) {
		pid_t *items = list->items;

		collection->room = collection->room ? 2 * collection->room : 32;
		list->items = arena_array(collection->arena, pid_t, collection->room);
		if (list->count)
			memcpy(list->items, items, list->count * sizeof(*items));
	}
	list->items[list->count++] = pid;
}

static int collect_cgroup(int dirfd, void *context, struct error *err)
{
	struct collection *collection = context;
	char *text, *end;
	struct error other;

	if (file_read_at(dirfd, "cgroup.procs", MAX_PROCS_FILE, collection->arena, &text, NULL,
			 &other) < 0) {
		/* EOPNOTSUPP: a threaded cgroup, whose processes its domain lists */
		if (other.errnum == ENOENT || other.errnum == ENODEV || other.errnum == EOPNOTSUPP)
			return 0;
		*err = other;
		return -1;
	}
	for (;; text = end) {
		long pid = strtol(text, &end, 10);

		if (end == text)
			return 0;
		collect(collection, (pid_t)pid);
	}
}

int cgroup_processes(struct arena *arena, int dirfd, bool recursive, struct process_list *list,
		     struct error *err)
{
	struct collection collection = { .arena = arena, .list = list };

	*list = (struct process_list){ 0 };
	if (!recursive)
		return collect_cgroup(dirfd, &collection, err);
	return cgroup_walk(dirfd, collect_cgroup, &collection, err);
}

int cgroup_signal(int dirfd, int signal, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct process_list list;

	if (cgroup_processes(&arena, dirfd, true, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i] > 0 && kill(list.items[i], signal) < 0 && errno != ESRCH)
			return fail_errno(err, "send signal %d to process %d", signal,
					  list.items[i]);
	return 0;
}

/* Kernels before 5.14 have no cgroup.kill: again until a round finds nobody, forks included. */
static int kill_one_by_one(int dirfd, struct error *err)
{
	struct cgroup_events events = { .populated = true };

	for (int round = 0; round < 100 && events.populated; round++)
		if (cgroup_signal(dirfd, SIGKILL, err) < 0 ||
		    cgroup_events_read(dirfd, &events, err) < 0)
			return -1;
	return 0;
}

int cgroup_kill(int dirfd, struct error *err)
{
	struct error other;

	if (file_write_at(dirfd, "cgroup.kill", "1", &other) == 0 || other.errnum == ENODEV)
		return 0;
	if (other.errnum == ENOENT || other.errnum == EOPNOTSUPP)
		return kill_one_by_one(dirfd, err);
	*err = other;
	return -1;
}

static bool is_empty(const struct cgroup_events *events)
{
	return !events->populated;
}

int cgroup_wait_empty(int dirfd, int timeout_ms, struct error *err)
{
	struct cgroup_events events;
	char culprit[160];
	int result = cgroup_events_wait(dirfd, is_empty, timeout_ms, &events, err);

	if (result <= 0)
		return result;
	cgroup_culprit(dirfd, culprit, sizeof(culprit));
	return fail(err, ETIMEDOUT, "after %d ms %s", timeout_ms, culprit);
}
