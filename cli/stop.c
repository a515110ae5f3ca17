/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "runtime/container.h"

struct stop_options {
	int64_t time; /* milliseconds */
};

static struct stop_options options = { .time = 10000 };

static const struct option rows[] = {
	OPTION_DURATION('t', "time", "SECONDS", struct stop_options, time,
			"how long it may take before it is killed (default 10)"),
};

const struct command stop_command = {
	.name = "stop",
	.group = GROUP_RUN,
	.summary = HELP("End containers: a TERM signal, and KILL if that does not help"),
	.arguments = "ID...",
	.min = 1,
	.max = -1,
	.examples = HELP("ctr stop web\nctr stop --time 2 web db\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

static int stop_one(struct invocation *invocation, const char *id, struct error *err)
{
	return container_stop(&invocation->settings, id, duration_clamp(options.time), err);
}

int cmd_stop(struct invocation *invocation, struct error *err)
{
	return invocation_each(invocation, stop_one, err);
}
