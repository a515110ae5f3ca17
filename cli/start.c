/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "runtime/container.h"

const struct command start_command = {
	.name = "start",
	.group = GROUP_OCI,
	.summary = "Start a created container",
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.failure = FAILURE_OCI,
};

int cmd_start(struct invocation *invocation, struct error *err)
{
	return container_start(&invocation->settings, invocation->arguments[0], err);
}
