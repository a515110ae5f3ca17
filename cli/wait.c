/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "runtime/container.h"

const struct command wait_command = {
	.name = "wait",
	.group = GROUP_RUN,
	.summary = HELP("Wait until containers have ended and print their exit status"),
	.arguments = "ID...",
	.min = 1,
	.max = -1,
	.description =
		HELP("Prints one number a line: the status of the process, 128+N if signal N "
		     "ended it, -1 if\n"
		     "nobody was there to record it.\n"),
	.failure = FAILURE_RUN,
};

static int wait_one(struct invocation *invocation, const char *id, struct error *err)
{
	int exit_status;

	if (container_wait(&invocation->settings, id, &exit_status, err) < 0)
		return -1;
	printf("%d\n", exit_status);
	fflush(stdout);
	return 0;
}

int cmd_wait(struct invocation *invocation, struct error *err)
{
	return invocation_each(invocation, wait_one, err);
}
