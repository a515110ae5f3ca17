/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "runtime/container.h"
#include "runtime/state_document.h"

const struct command state_command = {
	.name = "state",
	.group = GROUP_OCI,
	.summary = HELP("Print the state of a container as the OCI specification's JSON"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.failure = FAILURE_OCI,
};

int cmd_state(struct invocation *invocation, struct error *err)
{
	struct container_info info;

	if (container_info(&invocation->settings, invocation->arguments[0], invocation->arena,
			   &info, err) < 0)
		return -1;
	fputs(state_document(invocation->arena, &info, JSON_INDENTED, NULL), stdout);
	return 0;
}
