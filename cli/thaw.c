/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "runtime/container.h"

const struct command thaw_command = {
	.name = "thaw",
	.alias = "resume",
	.group = GROUP_SAVE,
	.summary = HELP("Let a frozen container run on"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.failure = FAILURE_OCI,
};

int cmd_thaw(struct invocation *invocation, struct error *err)
{
	return container_thaw(&invocation->settings, invocation->arguments[0], err);
}
