/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

const struct command version_command = {
	.name = "version",
	.group = GROUP_ABOUT,
	.summary = HELP("Print the version of ctr and of the specification that it follows"),
	.arguments = "",
	.failure = FAILURE_RUN,
};

int cmd_version(struct invocation *invocation, struct error *err)
{
	(void)invocation, (void)err;
	version_print(stdout);
	return 0;
}
