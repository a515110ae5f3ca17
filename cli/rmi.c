/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "fs/store.h"

const struct command rmi_command = {
	.name = "rmi",
	.group = GROUP_IMAGES,
	.summary = "Take names from images; 'prune' frees the space",
	.arguments = "NAME[:TAG]...",
	.min = 1,
	.max = -1,
	.failure = FAILURE_RUN,
};

static int rmi_one(struct invocation *invocation, const char *name, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;

	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0)
		return -1;
	return store_untag(&store, name, err);
}

int cmd_rmi(struct invocation *invocation, struct error *err)
{
	return invocation_each(invocation, rmi_one, err);
}
