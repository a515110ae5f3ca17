/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cp.h"

#include "cli/verbs.h"
#include "runtime/copy.h"

struct cp_options cp_options = { .archive = true };

static const struct option rows[] = {
	OPTION_FLAG('a', "archive", struct cp_options, archive,
		    "give it to the container's user, or to you (default); =false: keep owners"),
	OPTION_FLAG('L', "follow-link", struct cp_options, follow_link,
		    "accepted: a link that is named is always followed"),
	OPTION_FLAG(0, "overwrite", struct cp_options, overwrite,
		    "let a file take the place of a directory, and the other way round"),
	OPTION_FLAG('q', "quiet", struct cp_options, quiet, "show no progress"),
};

/* Of two containers the one that is copied from. */
static const char *find_container(struct invocation *invocation)
{
	struct copy_end end;
	struct error ignored;

	for (int i = 0; i < 2; i++)
		if (copy_end_parse(invocation->arena, invocation->arguments[i], &end, &ignored) ==
			    0 &&
		    end.container)
			return end.container;
	return NULL;
}

const struct command cp_command = {
	.name = "cp",
	.group = GROUP_SAVE,
	.summary = HELP("Copy files into a container or out of it"),
	.arguments = "[ID:]SOURCE [ID:]TARGET",
	.min = 2,
	.max = 2,
	.description =
		HELP("Running or stopped. '-' is a tar archive on standard input or output.\n"
		     "A directory is copied into TARGET if that is there, else as TARGET;\n"
		     "of 'SOURCE/.' what is in it.\n"),
	.examples = HELP("ctr cp web:/etc/nginx ./nginx\nctr cp page.html web:/srv/\n"
			 "ctr cp web:/var/log - | tar -xv\n"),
	COMMAND_OPTIONS(rows, cp_options),
	.flags = COMMAND_ENTERS | COMMAND_JOINS,
	.failure = FAILURE_RUN,
	.find_container = find_container,
};
