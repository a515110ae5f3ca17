/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "cli/log_reader.h"
#include "runtime/container.h"

struct logs_options {
	bool follow, timestamps;
	int tail; /* -1: all */
};

static struct logs_options options = { .tail = -1 };

static const struct option rows[] = {
	OPTION_FLAG('f', "follow", struct logs_options, follow,
		    "print what comes until the container ends"),
	OPTION_INT('n', "tail", "LINES", struct logs_options, tail, -1, INT_MAX,
		   "begin with the last LINES (-1: all)"),
	OPTION_FLAG('t', "timestamps", struct logs_options, timestamps,
		    "put the time in front of each line"),
};

const struct command logs_command = {
	.name = "logs",
	.group = GROUP_RUN,
	.summary = HELP("Print what a detached container has written"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description = HELP(
		"Standard output goes to standard output, standard error to standard error.\n"),
	.examples = HELP("ctr logs --tail 20 -f web\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

static int watch_log(int log, struct error *err)
{
	char path[64];
	cleanup_fd int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	snprintf(path, sizeof(path), "/proc/self/fd/%d", log);
	if (watch < 0 || inotify_add_watch(watch, path, IN_MODIFY) < 0)
		return fail_errno(err, "watch the log");
	return take_fd(&watch);
}

/* Prints what comes until the process of pidfd has ended. */
static int follow_until_end(struct log_reader *reader, int watch, int pidfd, struct error *err)
{
	struct pollfd fds[2] = { { .fd = watch, .events = POLLIN },
				 { .fd = pidfd, .events = POLLIN } };
	char events[4096];

	while (!(fds[1].revents & POLLIN)) {
		if (log_reader_print(reader, err) < 0)
			return -1;
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return fail_errno(err, "poll");
		while (read(watch, events, sizeof(events)) > 0)
			continue;
	}
	return 0;
}

static int follow(struct invocation *invocation, struct log_reader *reader, struct error *err)
{
	const char *id = invocation->arguments[0];
	cleanup_fd int watch = watch_log(reader->fd, err);
	cleanup_fd int pidfd = -1;
	struct container_info info;
	struct error gone;
	int exit_status;

	if (watch < 0 ||
	    container_info(&invocation->settings, id, invocation->arena, &info, err) < 0)
		return -1;
	if (info.pid > 0) {
		pidfd = pidfd_open(info.pid, 0);
		if (pidfd >= 0 && follow_until_end(reader, watch, pidfd, err) < 0)
			return -1;
	}
	/* The exit status is recorded behind the last line; with --rm all may be gone then. */
	container_wait(&invocation->settings, id, &exit_status, &gone);
	return log_reader_print(reader, err);
}

int cmd_logs(struct invocation *invocation, struct error *err)
{
	cleanup_fd int fd =
		container_open_log(&invocation->settings, invocation->arguments[0], err);
	struct log_reader reader = { .fd = fd, .timestamps = options.timestamps };
	int result;

	if (fd < 0 || (options.tail >= 0 && log_reader_seek_tail(&reader, options.tail, err) < 0))
		return -1;
	result = options.follow ? follow(invocation, &reader, err) : log_reader_print(&reader, err);
	log_reader_free(&reader);
	return result;
}
