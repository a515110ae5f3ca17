/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>

#include "runtime/container.h"

struct delete_options {
	bool force;
	const char *regex;
};

static struct delete_options options;

static const struct option rows[] = {
	OPTION_FLAG('f', "force", struct delete_options, force,
		    "kill it first; no error if it does not exist"),
	OPTION_STRING('r', "regex", "PATTERN", struct delete_options, regex,
		      "all containers whose ID matches; without the argument ID"),
};

const struct command delete_command = {
	.name = "delete",
	.group = GROUP_OCI,
	.summary = HELP("Remove what is left of a stopped container"),
	.arguments = "ID",
	.max = 1,
	.description = HELP(
		"A container that is created but not started is killed. The writable layer of one\n"
		"that was run from a spec or an image stays: 'rm' removes that too.\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_OCI,
};

static int delete_one(struct invocation *invocation, const char *id, struct error *err)
{
	return container_delete(&invocation->settings, id, options.force, err);
}

int cmd_delete(struct invocation *invocation, struct error *err)
{
	if (!options.regex && !invocation->count)
		return fail(err, EINVAL, "ID is missing (see '%s delete --help')", program_name());
	if (options.regex && invocation->count)
		return fail(err, EINVAL, "--regex and the argument ID exclude each other");
	if (options.regex)
		return invocation_matching(invocation, options.regex, delete_one, err);
	return delete_one(invocation, invocation->arguments[0], err);
}
