/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/events.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

#define EVENTS_FILE "cgroup.events"

/*
 * The kernel notifies at most every 10 ms, and most changes take microseconds: for so long it is
 * looked again and again, with growing pauses, in which a notification is heard all the same.
 */
#define FIRST_PAUSE_NANOSECONDS 10000
#define LOOK_NANOSECONDS 1000000

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static bool is_gone(int errnum)
{
	return errnum == ENOENT || errnum == ENODEV;
}

/* Whether a line says "key1"; the key has its blank with it. */
static bool is_set(const char *text, const char *key)
{
	const size_t length = strlen(key);

	while (text && strncmp(text, key, length) != 0) {
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return text && text[length] == '1';
}

static int read_events(int fd, struct cgroup_events *events, struct error *err)
{
	char text[128];
	ssize_t size = pread(fd, text, sizeof(text) - 1, 0);

	*events = (struct cgroup_events){ 0 };
	if (size < 0 && is_gone(errno)) {
		events->gone = true;
		return 0;
	}
	if (size < 0)
		return fail_errno(err, "read cgroup.events");
	text[size] = '\0';
	events->populated = is_set(text, "populated ");
	events->frozen = is_set(text, "frozen ");
	return 0;
}

/* Returns -1 with *gone set when there is nothing to open any more. */
static int open_events(int dirfd, const char *path, bool *gone, struct error *err)
{
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC);

	*gone = fd < 0 && is_gone(errno);
	if (fd < 0)
		fail_errno(err, "open cgroup.events");
	return fd;
}

static int look(int dirfd, const char *path, struct cgroup_events *events, struct error *err)
{
	bool gone;
	struct error other;
	cleanup_fd int fd = open_events(dirfd, path, &gone, &other);

	*events = (struct cgroup_events){ .gone = gone };
	if (gone)
		return 0;
	if (fd < 0) {
		*err = other;
		return -1;
	}
	return read_events(fd, events, err);
}

int cgroup_events_read(int dirfd, struct cgroup_events *events, struct error *err)
{
	return look(dirfd, EVENTS_FILE, events, err);
}

int cgroup_events_find(int dirfd, const char *name, struct cgroup_events *events, struct error *err)
{
	static const char file[] = "/" EVENTS_FILE;
	char path[NAME_MAX + sizeof(file)];
	size_t length = strlen(name);

	if (length > NAME_MAX)
		return fail(err, ENAMETOOLONG, "cgroup %s", name);
	memcpy(path, name, length + 1);
	memcpy(path + length, file, sizeof(file));
	return look(dirfd, path, events, err);
}

/* Waits for a change or for pause nanoseconds. Returns 0 when time is over. */
static int wait_change(int fd, int64_t pause, int64_t deadline, struct error *err)
{
	struct pollfd change = { .fd = fd, .events = POLLPRI };
	int64_t left = deadline - now();
	struct timespec limit;

	if (deadline >= 0 && left <= 0)
		return 0;
	if (deadline >= 0 && (pause < 0 || left < pause))
		pause = left;
	limit = (struct timespec){ pause / 1000000000, pause % 1000000000 };
	if (ppoll(&change, 1, pause < 0 ? NULL : &limit, NULL) < 0 && errno != EINTR)
		return fail_errno(err, "poll cgroup.events");
	return 1;
}

int cgroup_events_wait(int dirfd, bool (*is_reached)(const struct cgroup_events *), int timeout_ms,
		       struct cgroup_events *events, struct error *err)
{
	int64_t deadline = timeout_ms < 0 ? -1 : now() + (int64_t)timeout_ms * 1000000;
	int64_t pause = FIRST_PAUSE_NANOSECONDS;
	bool gone;
	struct error other;
	cleanup_fd int fd = open_events(dirfd, EVENTS_FILE, &gone, &other);

	*events = (struct cgroup_events){ .gone = gone };
	if (gone)
		return 0;
	if (fd < 0) {
		*err = other;
		return -1;
	}
	for (;;) {
		int result;

		if (read_events(fd, events, err) < 0)
			return -1;
		if (events->gone || is_reached(events))
			return 0;
		result = wait_change(fd, pause, deadline, err);
		if (result <= 0)
			return result < 0 ? -1 : 1;
		pause = pause < 0 || pause > LOOK_NANOSECONDS ? -1 : 3 * pause;
	}
}
