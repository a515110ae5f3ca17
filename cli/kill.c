/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <signal.h>

#include "cli/signal_name.h"
#include "runtime/container.h"

struct kill_options {
	bool all;
};

static struct kill_options options;

static const struct option rows[] = {
	OPTION_FLAG('a', "all", struct kill_options, all,
		    "to every process of the container, not only the first"),
};

const struct command kill_command = {
	.name = "kill",
	.group = GROUP_OCI,
	.summary = "Send a signal to a container",
	.arguments = "ID [SIGNAL]",
	.min = 1,
	.max = 2,
	.description =
		"SIGNAL is a name (TERM, SIGTERM, RTMIN+3) or a number; the default is TERM.\n",
	.examples = "ctr kill web HUP\nctr kill --all web 9\n",
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_OCI,
};

int cmd_kill(struct invocation *invocation, struct error *err)
{
	int signal = SIGTERM;

	if (invocation->count > 1 && signal_parse(invocation->arguments[1], &signal, err) < 0)
		return -1;
	return container_kill(&invocation->settings, invocation->arguments[0], signal, options.all,
			      err);
}
