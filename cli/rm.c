/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/snapshot_name.h"
#include "runtime/container.h"

struct rm_options {
	bool force;
};

static struct rm_options options;

static const struct option rows[] = {
	OPTION_FLAG('f', "force", struct rm_options, force,
		    "kill them first; no error if one does not exist"),
};

const struct command rm_command = {
	.name = "rm",
	.group = GROUP_RUN,
	.summary = HELP("Remove containers with their writable layers, or snapshots"),
	.arguments = "ID[@N]...",
	.min = 1,
	.max = -1,
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

static int rm_one(struct invocation *invocation, const char *id, struct error *err)
{
	struct snapshot_name name;

	if (snapshot_name_parse(invocation->arena, id, &name, err) < 0)
		return -1;
	if (name.id && name.number)
		return container_remove_snapshot(&invocation->settings, name.id, name.number, err);
	return container_remove(&invocation->settings, id, options.force, err);
}

int cmd_rm(struct invocation *invocation, struct error *err)
{
	return invocation_each(invocation, rm_one, err);
}
