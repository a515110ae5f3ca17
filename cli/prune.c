/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/size.h"
#include "fs/store.h"
#include "runtime/container.h"
#include "runtime/uppers.h"

struct prune_options {
	bool all;
};

static struct prune_options options;

static const struct option rows[] = {
	OPTION_FLAG('a', "all", struct prune_options, all, "stopped containers too"),
};

const struct command prune_command = {
	.name = "prune",
	.group = GROUP_IMAGES,
	.summary = HELP("Remove what crashes left, blobs and layers that no image has, and caches"),
	.arguments = "",
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

static int keep_used(void *context, struct string_list *list, struct error *err)
{
	const struct invocation *invocation = context;

	return container_keep(&invocation->settings, true, invocation->arena, list, err);
}

int cmd_prune(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	const struct store_keep keep = { .find = keep_used, .context = invocation };
	struct store_pruned pruned;
	size_t containers, uppers;

	if (container_prune(&invocation->settings, options.all, &containers, err) < 0 ||
	    uppers_prune(&invocation->settings, &uppers, err) < 0 ||
	    store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0 ||
	    store_prune(&store, &keep, &pruned, err) < 0)
		return -1;
	printf("%zu containers, %zu layers, %zu blobs (%s), %zu temporary files removed\n",
	       containers, pruned.layers + uppers, pruned.blobs,
	       size_text(invocation->arena, pruned.bytes), pruned.temporary);
	return 0;
}
