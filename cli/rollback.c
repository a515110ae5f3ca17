/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>

#include "cli/snapshot_name.h"
#include "runtime/container.h"

/* How long a container may take to end that --force stops. */
#define STOP_TIMEOUT_MS 10000

struct rollback_options {
	bool force, discard;
};

static struct rollback_options options;

static const struct option rows[] = {
	OPTION_FLAG('f', "force", struct rollback_options, force, "stop it first if it runs"),
	OPTION_FLAG(0, "discard", struct rollback_options, discard,
		    "do not keep what the files are now as a snapshot"),
};

const struct command rollback_command = {
	.name = "rollback",
	.group = GROUP_SAVE,
	.summary = HELP("Make a container's files what they were at a snapshot"),
	.arguments = "ID @N",
	.min = 1,
	.max = 2,
	.description = HELP(
		"The container must have stopped; 'start' then runs it with the files of snapshot "
		"N. What\n"
		"they are now becomes a snapshot too, whose name is printed, unless --discard. "
		"Takes as\n"
		"long for a large layer as for a small one.\n"),
	.examples = HELP("ctr rollback web @1\nctr rollback --force web@1\n"),
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

static int parse(struct invocation *invocation, struct snapshot_name *name, struct error *err)
{
	if (snapshot_name_parse(invocation->arena, invocation->arguments[0], name, err) < 0)
		return -1;
	if (!name->id)
		return fail(err, EINVAL, "%s: of which container? (ID @N)",
			    invocation->arguments[0]);
	if (invocation->count < 2 && !name->number)
		return fail(err, EINVAL, "@N is missing ('snapshots %s' lists them)", name->id);
	if (invocation->count < 2)
		return 0;
	if (name->number)
		return fail(err, EINVAL, "one argument too many: '%s'", invocation->arguments[1]);
	return snapshot_number_parse(invocation->arguments[1], &name->number, err);
}

int cmd_rollback(struct invocation *invocation, struct error *err)
{
	const struct settings *settings = &invocation->settings;
	struct snapshot_name name;
	uint64_t saved;

	if (parse(invocation, &name, err) < 0)
		return -1;
	if (options.force && container_stop(settings, name.id, STOP_TIMEOUT_MS, err) < 0)
		return -1;
	if (container_rollback(settings, name.id, name.number, options.discard, &saved, err) < 0)
		return -1;
	if (saved)
		printf("%s@%llu\n", name.id, (unsigned long long)saved);
	return 0;
}
