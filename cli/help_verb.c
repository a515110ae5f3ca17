/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>

const struct command help_command = {
	.name = "help",
	.group = GROUP_ABOUT,
	.summary = HELP("List the verbs, or tell all about one"),
	.arguments = "[VERB]",
	.max = 2,
	.failure = FAILURE_RUN,
};

int cmd_help(struct invocation *invocation, struct error *err)
{
	struct help_page page = { .program = invocation->program };
	char **args = invocation->arguments;
	const struct verb *verb;

	if (args[0] && !args[1] && program_has_family(page.program, args[0])) {
		page.family = args[0];
	} else if (args[0]) {
		verb = program_find(page.program, &args, err);
		if (!verb)
			return -1;
		if (args[0])
			return fail(err, EINVAL, "one argument too many: '%s'", args[0]);
		page.command = verb->command;
	}
	return help_print(&page, stdout, invocation->line, err);
}
