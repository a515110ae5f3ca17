/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "runtime/container.h"

struct snapshot_options {
	const char *message;
};

static struct snapshot_options options;

static const struct option rows[] = {
	OPTION_STRING('m', "message", "TEXT", struct snapshot_options, message,
		      "what 'snapshots' shows beside its number"),
};

const struct command snapshot_command = {
	.name = "snapshot",
	.group = GROUP_SAVE,
	.summary = HELP("Remember a container's files, to go back to"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description = HELP(
		"Prints ID@N, N being 1 for a container's first snapshot, then 2 and so on. Of a "
		"stopped\n"
		"container nothing is copied; a running one is, and is frozen for a moment. "
		"'snapshots' lists\n"
		"them, 'rollback' goes back to one, 'clone ID@N' makes a container of it, 'rm "
		"ID@N' "
		"removes it.\n"),
	.examples = HELP("ctr snapshot -m 'before the upgrade' web\n"
			 "ctr rollback web @1\n"),
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

int cmd_snapshot(struct invocation *invocation, struct error *err)
{
	const char *id = invocation->arguments[0];
	uint64_t number;

	if (container_snapshot(&invocation->settings, id, options.message, &number, err) < 0)
		return -1;
	printf("%s@%llu\n", id, (unsigned long long)number);
	return 0;
}
