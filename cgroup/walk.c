/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"
#include "cgroup/process.h"

static int walk_below(int dirfd, int (*visit)(int, void *, struct error *), void *context,
		      struct error *err)
{
	struct error other;
	cleanup_dir DIR *dir = open_dir_at(dirfd, ".", &other);
	const struct dirent *entry;

	if (!dir && (other.errnum == ENOENT || other.errnum == ENODEV))
		return 0;
	if (!dir) {
		*err = other;
		return -1;
	}
	while ((entry = readdir(dir))) {
		cleanup_fd int child = -1;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		child = openat(dirfd, entry->d_name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0 && errno == ENOENT)
			continue;
		if (child < 0)
			return fail_errno(err, "open cgroup %s", entry->d_name);
		if (cgroup_walk(child, visit, context, err) < 0)
			return -1;
	}
	return 0;
}

int cgroup_walk(int dirfd, int (*visit)(int, void *, struct error *), void *context,
		struct error *err)
{
	if (visit(dirfd, context, err) < 0)
		return -1;
	return walk_below(dirfd, visit, context, err);
}

struct culprit {
	int rank; /* 0: none found yet */
	char *text;
	size_t size;
};

/* The rest of the line of status that starts with key, or "". */
static void status_line(const char *status, const char *key, char *value, size_t size)
{
	const char *line = strstr(status, key);

	value[0] = '\0';
	if (line) {
		line += strlen(key);
		snprintf(value, size, "%.*s", (int)strcspn(line, "\n"), line);
	}
}

static bool is_held_by_freezer(const char *task)
{
	char path[96], place[64];
	struct error err;

	snprintf(path, sizeof(path), "%s/wchan", task);
	return file_read_short_at(AT_FDCWD, path, place, sizeof(place), &err) > 0 &&
	       (strstr(place, "freezer") || strstr(place, "refrigerator") ||
		!strcmp(place, "get_signal")); /* do_freezer_trap(), where it is inlined */
}

static void judge_thread(const char *task, pid_t pid, struct culprit *culprit)
{
	char path[96], status[512], name[32], state[32];
	struct error err;
	int rank;

	snprintf(path, sizeof(path), "%s/status", task);
	if (file_read_short_at(AT_FDCWD, path, status, sizeof(status), &err) < 0)
		return;
	status_line(status, "Name:\t", name, sizeof(name));
	status_line(status, "\nState:\t", state, sizeof(state));
	if (state[0] == 'Z' || state[0] == 'X')
		return;
	rank = state[0] == 'D' ? 3 : is_held_by_freezer(task) ? 1 : 2;
	if (rank <= culprit->rank)
		return;
	culprit->rank = rank;
	snprintf(culprit->text, culprit->size, "process %d (%s) is in state %s", pid, name, state);
}

static void judge_process(pid_t pid, struct culprit *culprit)
{
	char path[48];
	struct error err;
	const struct dirent *entry;

	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	cleanup_dir DIR *dir = open_dir_at(AT_FDCWD, path, &err);
	while (dir && (entry = readdir(dir))) {
		char task[64];

		if (entry->d_name[0] == '.')
			continue;
		snprintf(task, sizeof(task), "%s/%.12s", path, entry->d_name);
		judge_thread(task, pid, culprit);
	}
}

void cgroup_culprit(int dirfd, char *text, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	struct culprit culprit = { .text = text, .size = size };
	struct process_list list;
	struct error err;

	snprintf(text, size, "no process is left");
	if (cgroup_processes(&arena, dirfd, true, &list, &err) < 0)
		snprintf(text, size, "its processes cannot be listed: %.80s", err.text);
	for (size_t i = 0; i < list.count && culprit.rank < 3; i++)
		if (list.items[i] > 0)
			judge_process(list.items[i], &culprit);
}
