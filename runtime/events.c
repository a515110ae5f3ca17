/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"
#include "cgroup/oom.h"
#include "cgroup/resctrl_stats.h"
#include "cgroup/stats.h"
#include "runtime/handle.h"
#include "runtime/usage.h"
#include "specs/events.h"

/* A container that is watched, until its end or that of who reads. */
struct watch {
	struct handle handle;
	int cgroup; /* -1: it has none */
	int timer;
	int output;
	struct oom_watch oom;
};

static int open_watch(const struct settings *settings, const char *id, struct arena *arena,
		      struct watch *watch, struct error *err)
{
	struct error ignored;

	if (handle_open(settings, id, HANDLE_NO_LOCK, arena, &watch->handle, err) < 0)
		return -1;
	if (watch->handle.pidfd < 0)
		return fail(err, ESRCH, "container with id %s is not running", id);
	watch->cgroup = handle_open_cgroup(arena, &watch->handle, &ignored);
	return 0;
}

static void close_watch(struct watch *watch)
{
	handle_close(&watch->handle);
	close_fd(&watch->cgroup);
	close_fd(&watch->timer);
	oom_watch_close(&watch->oom);
}

#define WATCH(output_)                                                                             \
	{                                                                                          \
		.handle = HANDLE_NONE, .cgroup = -1, .timer = -1, .output = (output_),             \
		.oom = OOM_WATCH_NONE                                                              \
	}
#define cleanup_watch __attribute__((cleanup(close_watch)))

static int write_event(const struct watch *watch, struct arena *arena, const char *type,
		       struct stats *stats, struct error *err)
{
	const struct event event = {
		.type = type,
		.id = watch->handle.state.id,
		.data = stats,
	};
	size_t size;
	char *text = event_encode(arena, &event, &size);

	/* the newline takes the place of the NUL: a line is one write */
	text[size] = '\n';
	return write_all(watch->output, text, size + 1, err);
}

static int write_stats(const struct watch *watch, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct stats stats = { 0 };

	if (watch->cgroup >= 0 && cgroup_stats_read(watch->cgroup, &arena, &stats, err) < 0)
		return fail_in(err, "%s", watch->handle.state.id);
	if (resctrl_stats_read(&watch->handle.state.resctrl, &arena, &stats.intel_rdt, err) < 0)
		return -1;
	stats.interfaces = usage_interfaces(&watch->handle, &arena);
	return write_event(watch, &arena, "stats", &stats, err);
}

int container_stats(const struct settings *settings, const char *id, int output, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_watch struct watch watch = WATCH(output);

	if (open_watch(settings, id, &arena, &watch, err) < 0)
		return -1;
	return write_stats(&watch, err);
}

/* Tells of kills that were not told yet. */
static int write_oom(struct watch *watch, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	int result = oom_watch_read(&watch->oom, err);

	if (result < 0)
		return fail_in(err, "%s", watch->handle.state.id);
	return result ? write_event(watch, &arena, "oom", NULL, err) : 0;
}

static int start_watch(struct watch *watch, int interval_ms, struct error *err)
{
	const struct timespec interval = {
		.tv_sec = interval_ms / 1000,
		.tv_nsec = interval_ms % 1000 * 1000000L,
	};
	const struct itimerspec times = { .it_interval = interval, .it_value = interval };

	if (watch->cgroup >= 0 && oom_watch_open(&watch->oom, watch->cgroup, err) < 0)
		return fail_in(err, "%s", watch->handle.state.id);
	watch->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (watch->timer < 0 || timerfd_settime(watch->timer, 0, &times, NULL) < 0)
		return fail_errno(err, "set a timer");
	return write_stats(watch, err);
}

/* Waits for what comes next and writes it. Returns 1 at the end. */
static int watch_step(struct watch *watch, struct error *err)
{
	enum { END, OWN, ABOVE, TIMER, OUTPUT, COUNT };
	struct pollfd fds[COUNT] = {
		[END] = { .fd = watch->handle.pidfd, .events = POLLIN },
		[OWN] = { .fd = watch->oom.own.events, .events = POLLPRI },
		[ABOVE] = { .fd = watch->oom.above.events, .events = POLLPRI },
		[TIMER] = { .fd = watch->timer, .events = POLLIN },
		[OUTPUT] = { .fd = watch->output },
	};
	uint64_t ticks;

	if (poll(fds, COUNT, -1) < 0)
		return errno == EINTR ? 0 : fail_errno(err, "poll");
	if (fds[OUTPUT].revents & (POLLERR | POLLHUP))
		return 1;
	/* of a first process that was killed this is the last that is to be told */
	if ((fds[OWN].revents || fds[ABOVE].revents || fds[END].revents) &&
	    write_oom(watch, err) < 0)
		return -1;
	if (fds[END].revents)
		return 1;
	if (fds[TIMER].revents && read(watch->timer, &ticks, sizeof(ticks)) > 0)
		return write_stats(watch, err);
	return 0;
}

int container_events(const struct settings *settings, const char *id, int interval_ms, int output,
		     struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_watch struct watch watch = WATCH(output);
	int result;

	if (open_watch(settings, id, &arena, &watch, err) < 0)
		return -1;
	result = start_watch(&watch, interval_ms, err);
	while (result == 0)
		result = watch_step(&watch, err);
	/* who reads may go at any time */
	return result < 0 && err->errnum != EPIPE ? -1 : 0;
}
