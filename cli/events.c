/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <unistd.h>

#include "runtime/events.h"

struct events_options {
	int64_t interval; /* milliseconds */
	bool stats;
};

static struct events_options options = { .interval = 5000 };

static const struct option rows[] = {
	OPTION_DURATION(0, "interval", "TIME", struct events_options, interval,
			"between two lines of statistics (default 5s)"),
	OPTION_FLAG(0, "stats", struct events_options, stats, "print one such line and exit"),
};

const struct command events_command = {
	.name = "events",
	.group = GROUP_OCI,
	.summary = HELP("Print what a container uses, and out-of-memory kills in it, as JSON"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description =
		HELP("A line of statistics at once and after every interval, and a line for each "
		     "notice of a\n"
		     "process that the kernel killed for lack of memory, until the container "
		     "ends. What this\n"
		     "host's cgroups do not measure is left out, or 0.\n"),
	.examples = HELP("ctr events --stats web\nctr events --interval 500ms web\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_OCI,
};

int cmd_events(struct invocation *invocation, struct error *err)
{
	const char *id = invocation->arguments[0];

	if (options.interval <= 0)
		return fail(err, EINVAL, "--interval: the duration must be greater than 0");
	if (options.stats)
		return container_stats(&invocation->settings, id, STDOUT_FILENO, err);
	return container_events(&invocation->settings, id, duration_clamp(options.interval),
				STDOUT_FILENO, err);
}
