/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "cgroup/cgroup.h"
#include "cgroup/process.h"

static int64_t milliseconds(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Returns 1 with the name of a cgroup directly below, 0 when there is none. */
static int first_child(int dirfd, char *name, size_t size, struct error *err)
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
	while ((entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
			snprintf(name, size, "%s", entry->d_name);
			return 1;
		}
	return 0;
}

static void enter(int *fd, const char *name)
{
	int next = openat(*fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	close_fd(fd);
	*fd = next;
}

/*
 * Removes all cgroups below dirfd, the deepest first, on one descriptor whatever the depth: a
 * container may have made thousands of levels. What is still busy is left for the next round.
 */
static int remove_below(int dirfd, struct error *err)
{
	cleanup_fd int fd = openat(dirfd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char name[256], below[256];

	for (int depth = 0; fd >= 0;) {
		int found = first_child(fd, name, sizeof(name), err);

		if (found < 0)
			return -1;
		if (!found && depth == 0)
			return 0;
		if (!found) {
			enter(&fd, "..");
			depth--;
			continue;
		}
		if (unlinkat(fd, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			continue;
		if (errno != EBUSY)
			return fail_errno(err, "remove nested cgroup %s", name);
		enter(&fd, name);
		depth++;
		/* busy, and nothing below it: a process came in again */
		if (fd >= 0 && first_child(fd, below, sizeof(below), err) == 0)
			return 0;
	}
	return 0;
}

static int empty_and_remove(int root, const char *path, int dirfd, int64_t deadline,
			    struct error *err)
{
	for (;;) {
		int64_t left = deadline - milliseconds();

		if (cgroup_kill(dirfd, err) < 0 ||
		    cgroup_wait_empty(dirfd, left > 0 ? (int)left : 0, err) < 0 ||
		    remove_below(dirfd, err) < 0)
			return -1;
		if (unlinkat(root, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return fail_errno(err, "remove");
		if (left <= 0)
			return fail(err, ETIMEDOUT, "is filled again and again");
	}
}

int cgroup_remove(const struct cgroup_host *host, const char *path, int timeout_ms,
		  struct error *err)
{
	int64_t deadline = milliseconds() + timeout_ms;
	cleanup_fd int fd = -1;

	/* the usual case: its processes have ended, and there is nothing below */
	if (unlinkat(host->root, path + 1, AT_REMOVEDIR) == 0 || errno == ENOENT)
		return 0;
	if (errno != EBUSY)
		return fail_errno(err, "remove cgroup %s%s", host->mount, path);
	fd = openat(host->root, path + 1, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return fail_errno(err, "cgroup %s%s", host->mount, path);
	if (empty_and_remove(host->root, path + 1, fd, deadline, err) < 0)
		return fail_in(err, "remove cgroup %s%s", host->mount, path);
	return 0;
}
