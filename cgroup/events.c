/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"

/* The kernel notifies at most every 10 ms, but most changes take microseconds: look first. */
#define SPIN_NANOSECONDS 1000000

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
	events->populated = strstr(text, "populated 1");
	events->frozen = strstr(text, "frozen 1");
	return 0;
}

/* Returns -1 with *gone set when there is nothing to open any more. */
static int open_events(int dirfd, bool *gone, struct error *err)
{
	int fd = openat(dirfd, "cgroup.events", O_RDONLY | O_CLOEXEC);

	*gone = fd < 0 && is_gone(errno);
	if (fd < 0)
		fail_errno(err, "open cgroup.events");
	return fd;
}

int cgroup_events_read(int dirfd, struct cgroup_events *events, struct error *err)
{
	bool gone;
	struct error other;
	cleanup_fd int fd = open_events(dirfd, &gone, &other);

	*events = (struct cgroup_events){ .gone = gone };
	if (gone)
		return 0;
	if (fd < 0) {
		*err = other;
		return -1;
	}
	return read_events(fd, events, err);
}

/* Returns 0 when time is over. */
static int wait_change(int fd, int64_t deadline, struct error *err)
{
	struct pollfd change = { .fd = fd, .events = POLLPRI };
	int64_t left = (deadline - now() + 999999) / 1000000;
	int result;

	if (deadline >= 0 && left <= 0)
		return 0;
	result = poll(&change, 1, deadline < 0 ? -1 : (int)left);
	if (result < 0 && errno != EINTR)
		return fail_errno(err, "poll cgroup.events");
	return 1;
}

int cgroup_events_wait(int dirfd, bool (*is_reached)(const struct cgroup_events *), int timeout_ms,
		       struct cgroup_events *events, struct error *err)
{
	int64_t begin = now(), spin_end = begin + SPIN_NANOSECONDS;
	int64_t deadline = timeout_ms < 0 ? -1 : begin + (int64_t)timeout_ms * 1000000;
	bool gone;
	struct error other;
	cleanup_fd int fd = open_events(dirfd, &gone, &other);

	*events = (struct cgroup_events){ .gone = gone };
	if (gone)
		return 0;
	if (fd < 0) {
		*err = other;
		return -1;
	}
	for (;;) {
		int result = 1;

		if (read_events(fd, events, err) < 0)
			return -1;
		if (events->gone || is_reached(events))
			return 0;
		if (now() < spin_end)
			sched_yield();
		else
			result = wait_change(fd, deadline, err);
		if (result <= 0)
			return result < 0 ? -1 : 1;
	}
}
