/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <signal.h>

#include "base/signal_name.h"
#include "runtime/container.h"

struct kill_options {
	bool all;
	const char *signal, *regex;
};

static struct kill_options options;

static const struct option rows[] = {
	OPTION_FLAG('a', "all", struct kill_options, all,
		    "to every process of the container, not only the first"),
	OPTION_STRING('s', "signal", "SIGNAL", struct kill_options, signal,
		      "the same as the argument SIGNAL"),
	OPTION_STRING('r', "regex", "PATTERN", struct kill_options, regex,
		      "to all containers whose ID matches; without the argument ID"),
};

const struct command kill_command = {
	.name = "kill",
	.group = GROUP_OCI,
	.summary = HELP("Send a signal to a container"),
	.arguments = "ID [SIGNAL]",
	.max = 2,
	.description = HELP(
		"SIGNAL is a name (TERM, SIGTERM, RTMIN+3) or a number; the default is TERM.\n"),
	.examples = HELP("ctr kill web HUP\nctr kill --all web 9\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_OCI,
};

static int number = SIGTERM;

static int kill_one(struct invocation *invocation, const char *id, struct error *err)
{
	return container_kill(&invocation->settings, id, number, options.all, err);
}

int cmd_kill(struct invocation *invocation, struct error *err)
{
	char **arguments = invocation->arguments;
	const char *id = options.regex ? NULL : *arguments++;
	const char *name = options.signal;

	if (!options.regex && !id)
		return fail(err, EINVAL, "ID is missing (see '%s kill --help')", program_name());
	if (*arguments && name)
		return fail(err, EINVAL, "--signal and the argument SIGNAL exclude each other");
	if (*arguments)
		name = *arguments++;
	if (*arguments)
		return fail(err, EINVAL, "one argument too many: '%s'", *arguments);
	if (name && signal_parse(name, &number, err) < 0)
		return -1;
	return id ? kill_one(invocation, id, err)
		  : invocation_matching(invocation, options.regex, kill_one, err);
}
