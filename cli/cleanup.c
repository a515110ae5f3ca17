/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "runtime/container.h"

struct cleanup_options {
	bool remove;
};

static struct cleanup_options options;

static const struct option rows[] = {
	OPTION_FLAG(0, "remove", struct cleanup_options, remove, "remove the writable layer too"),
};

const struct command cleanup_command = {
	.name = "cleanup",
	.group = GROUP_HIDDEN,
	.summary = HELP("What ctr-monitor becomes when its container has ended"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

int cmd_cleanup(struct invocation *invocation, struct error *err)
{
	return container_cleanup(&invocation->settings, invocation->arguments[0], options.remove,
				 err);
}
