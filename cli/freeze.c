/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "runtime/container.h"

struct freeze_options {
	int64_t timeout; /* milliseconds */
};

static struct freeze_options options = { .timeout = 10000 };

static const struct option rows[] = {
	OPTION_DURATION(0, "timeout", "SECONDS", struct freeze_options, timeout,
			"give up and thaw again after that (default 10)"),
};

const struct command freeze_command = {
	.name = "freeze",
	.alias = "pause",
	.group = GROUP_SAVE,
	.summary = HELP("Stop all processes of a container where they are"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description =
		HELP("Returns when the kernel says that all of them are frozen. If one cannot be "
		     "frozen in\n"
		     "time, it is named and the container runs on.\n"),
	.examples = HELP("ctr freeze web\nctr freeze --timeout 500ms web\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_OCI,
};

int cmd_freeze(struct invocation *invocation, struct error *err)
{
	return container_freeze(&invocation->settings, invocation->arguments[0],
				duration_clamp(options.timeout), err);
}
