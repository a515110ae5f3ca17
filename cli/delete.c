/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "runtime/container.h"

struct delete_options {
	bool force;
};

static struct delete_options options;

static const struct option rows[] = {
	OPTION_FLAG('f', "force", struct delete_options, force,
		    "kill it first; no error if it does not exist"),
};

const struct command delete_command = {
	.name = "delete",
	.group = GROUP_OCI,
	.summary = "Remove what is left of a stopped container",
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description =
		"A container that is created but not started is killed. The writable layer of one\n"
		"that was run from a spec or an image stays: 'rm' removes that too.\n",
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_OCI,
};

int cmd_delete(struct invocation *invocation, struct error *err)
{
	return container_delete(&invocation->settings, invocation->arguments[0], options.force,
				err);
}
