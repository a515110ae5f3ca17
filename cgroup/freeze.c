/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "cgroup/events.h"
#include "cgroup/walk.h"

static bool is_frozen(const struct cgroup_events *events)
{
	return events->frozen;
}

static bool is_thawed(const struct cgroup_events *events)
{
	return !events->frozen;
}

/* ENODEV is what a removed cgroup's files say while their directory is open. */
static int write_freeze(int dirfd, const char *value, struct error *err)
{
	if (file_write_at(dirfd, "cgroup.freeze", value, err) == 0)
		return 0;
	if (err->errnum == ENODEV)
		err->errnum = ENOENT;
	return -1;
}

int cgroup_freeze(int dirfd, int timeout_ms, struct error *err)
{
	struct cgroup_events events;
	char culprit[160];
	struct error other;
	int result;

	if (write_freeze(dirfd, "1", err) < 0)
		return fail_in(err, "freeze");
	result = cgroup_events_wait(dirfd, is_frozen, timeout_ms, &events, err);
	if (result == 0 && !events.gone)
		return 0;
	if (result == 0)
		return fail(err, ENOENT, "freeze: the cgroup was removed meanwhile");
	if (result > 0)
		cgroup_culprit(dirfd, culprit, sizeof(culprit));
	/* better running than stopped in part, and without anyone who will thaw it */
	if (write_freeze(dirfd, "0", &other) < 0 && other.errnum != ENOENT)
		return fail(err, other.errnum, "freeze failed, and so did to thaw again: %s",
			    other.text);
	if (result < 0)
		return fail_in(err, "freeze");
	return fail(err, ETIMEDOUT, "freeze: after %d ms %s", timeout_ms, culprit);
}

/* Whether a cgroup above dirfd asks for its descendants to be frozen. */
static bool has_frozen_ancestor(int dirfd)
{
	cleanup_fd int fd = openat(dirfd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (;;) {
		char text[8];
		struct error err;
		int above;

		/* the root has no such file: the way ends there */
		if (fd < 0 || file_read_short_at(fd, "cgroup.freeze", text, sizeof(text), &err) < 0)
			return false;
		if (text[0] == '1')
			return true;
		above = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close_fd(&fd);
		fd = above;
	}
}

int cgroup_ask_frozen(int dirfd, bool frozen, struct error *err)
{
	return write_freeze(dirfd, frozen ? "1" : "0", err);
}

static bool is_same(int one, int other)
{
	struct stat a, b;

	return fstat(one, &a) == 0 && fstat(other, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static size_t count_children(int dirfd)
{
	struct error ignored;
	cleanup_dir DIR *dir = open_dir_at(dirfd, ".", &ignored);
	const struct dirent *entry;
	size_t count = 0;

	while (dir && (entry = readdir(dir)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			count++;
	return count;
}

int cgroup_common_parent(const int *dirfds, size_t count)
{
	cleanup_fd int parent = -1;
	struct error ignored;
	char text[8];

	if (count < 2)
		return -1;
	parent = openat(dirfds[0], "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 1; parent >= 0 && i < count; i++) {
		cleanup_fd int other = openat(dirfds[i], "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		if (other < 0 || !is_same(parent, other))
			return -1;
	}
	/* the root of the tree cannot be frozen, and one that is frozen already is somebody's */
	if (parent < 0 || count_children(parent) != count ||
	    file_read_short_at(parent, "cgroup.freeze", text, sizeof(text), &ignored) < 0 ||
	    text[0] != '0' ||
	    file_read_short_at(parent, "cgroup.procs", text, sizeof(text), &ignored) != 0)
		return -1;
	return take_fd(&parent);
}

int cgroup_thaw(int dirfd, int timeout_ms, struct error *err)
{
	struct cgroup_events events;
	int result;

	if (write_freeze(dirfd, "0", err) < 0)
		return fail_in(err, "thaw");
	/* first only as long as it normally takes */
	result = cgroup_events_wait(dirfd, is_thawed, 2, &events, err);
	if (result > 0 && has_frozen_ancestor(dirfd))
		return fail(err, EBUSY, "thaw: the cgroup is frozen by its parent");
	if (result > 0)
		result = cgroup_events_wait(dirfd, is_thawed, timeout_ms, &events, err);
	if (result < 0)
		return fail_in(err, "thaw");
	if (result > 0)
		return fail(err, ETIMEDOUT, "thaw: the cgroup is still frozen after %d ms",
			    timeout_ms);
	if (events.gone)
		return fail(err, ENOENT, "thaw: the cgroup was removed meanwhile");
	return 0;
}

int cgroup_is_asked_frozen(int dirfd, struct error *err)
{
	struct error other;
	char text[8];

	if (file_read_short_at(dirfd, "cgroup.freeze", text, sizeof(text), &other) >= 0)
		return text[0] == '1' ? CGROUP_FREEZING : CGROUP_RUNNING;
	if (other.errnum == ENOENT || other.errnum == ENODEV)
		return CGROUP_RUNNING;
	*err = other;
	return -1;
}

int cgroup_is_frozen(int dirfd, struct error *err)
{
	struct cgroup_events events;
	int asked;

	if (cgroup_events_read(dirfd, &events, err) < 0)
		return -1;
	asked = events.gone ? CGROUP_RUNNING : cgroup_is_asked_frozen(dirfd, err);
	if (asked < 0 || !events.frozen)
		return asked;
	return asked == CGROUP_FREEZING ? CGROUP_FROZEN : CGROUP_FROZEN_BY_PARENT;
}
