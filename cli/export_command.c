/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/export.h"

#include "cli/verbs.h"

struct export_options export_options;

static const struct option rows[] = {
	OPTION_STRING('o', "output", "FILE", struct export_options, output,
		      "write to FILE instead of standard output"),
	OPTION_FLAG('p', "pause", struct export_options, pause,
		    "freeze the container meanwhile, so that all is of one moment"),
	OPTION_FLAG('q', "quiet", struct export_options, quiet, "show no progress"),
};

const struct command export_command = {
	.name = "export",
	.group = GROUP_SAVE,
	.summary = HELP("Write a container's root as a tar archive"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description =
		HELP("What the container sees as its root, running or stopped, without what is "
		     "mounted in it.\n"),
	.examples = HELP("ctr export web | tar -tv\nctr export -o web.tar web\n"),
	COMMAND_OPTIONS(rows, export_options),
	.flags = COMMAND_ENTERS | COMMAND_JOINS,
	.failure = FAILURE_RUN,
};
