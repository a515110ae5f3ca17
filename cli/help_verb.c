/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

const struct command help_command = {
	.name = "help",
	.group = GROUP_ABOUT,
	.summary = HELP("List the verbs, or tell all about one"),
	.arguments = "[VERB]",
	.max = 1,
	.failure = FAILURE_RUN,
};

int cmd_help(struct invocation *invocation, struct error *err)
{
	const struct verb *verb = NULL;

	if (invocation->count) {
		verb = program_find(invocation->program, invocation->arguments[0], err);
		if (!verb)
			return -1;
	}
	return help_print(invocation->program, verb ? verb->command : NULL, stdout,
			  invocation->line, err);
}
