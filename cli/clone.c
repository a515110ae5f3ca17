/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>

#include "cli/snapshot_name.h"
#include "runtime/container.h"

struct clone_options {
	const char *name;
	bool run;
};

static struct clone_options options;

static const struct option rows[] = {
	OPTION_STRING('n', "name", "NEW", struct clone_options, name,
		      "name the new container (default: made up)"),
	OPTION_FLAG(0, "run", struct clone_options, run, "start it, detached"),
};

const struct command clone_command = {
	.name = "clone",
	.group = GROUP_SAVE,
	.summary = HELP("Make a container like another one, which shares its layers"),
	.arguments = "ID[@N] [NEW]",
	.min = 1,
	.max = 2,
	.description = HELP(
		"With the same spec, and the files as they are now (or at snapshot N). Of a "
		"stopped\n"
		"container nothing is copied: its writable layer becomes a read-only one of both, "
		"and each\n"
		"gets an empty one over it. That of a running one is copied. Prints the ID of the "
		"new\n"
		"container, which 'start' runs.\n"),
	.examples = HELP("ctr clone web web-test\n"
			 "ctr clone --run web@3 web-of-yesterday\n"),
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_GUARD | COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

int cmd_clone(struct invocation *invocation, struct error *err)
{
	struct clone_request request = { .name = options.name };
	struct snapshot_name source;
	const char *made;
	int status = 0;

	if (invocation->count > 1 && options.name)
		return fail(err, EINVAL, "%s: --name says another name already",
			    invocation->arguments[1]);
	if (invocation->count > 1)
		request.name = invocation->arguments[1];
	if (snapshot_name_parse(invocation->arena, invocation->arguments[0], &source, err) < 0)
		return -1;
	if (!source.id)
		return fail(err, EINVAL, "%s: of which container? (ID@N)",
			    invocation->arguments[0]);
	request.id = source.id;
	request.number = source.number;
	if (container_clone(&invocation->settings, &request, invocation->arena, &made, err) < 0)
		return -1;
	if (options.run &&
	    container_start_again(&invocation->settings, made, false, &status, err) < 0) {
		invocation->failure = status;
		return fail_in(err, "%s was made but does not start", made);
	}
	puts(made);
	return 0;
}
