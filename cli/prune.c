/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <string.h>

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
	.summary = "Remove what crashes left, and blobs and layers that no image has",
	.arguments = "",
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

/*
 * The lower layers of all containers there are, and the images that they are from, which a commit
 * of them builds on, so that store_prune() leaves them.
 */
static int used_layers(void *context, struct string_list *keep, struct error *err)
{
	const struct invocation *invocation = context;
	struct container_info *items;
	size_t count;

	if (container_list(&invocation->settings, invocation->arena, &items, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct container_layers layers;
		char **grown;

		if (!items[i].data) /* of the OCI form: its layers are its engine's */
			continue;
		if (container_layers_open(&invocation->settings, items[i].id, invocation->arena,
					  &layers, err) < 0)
			return fail_in(err, "which layers %s uses", items[i].id);
		container_layers_close(&layers);
		grown = arena_array(invocation->arena, char *,
				    keep->count + layers.lower_paths.count + 2);
		if (keep->count)
			memcpy(grown, keep->items, keep->count * sizeof(*grown));
		if (layers.lower_paths.count)
			memcpy(grown + keep->count, layers.lower_paths.items,
			       layers.lower_paths.count * sizeof(*grown));
		keep->items = grown;
		keep->count += layers.lower_paths.count;
		if (items[i].image_digest)
			grown[keep->count++] =
				arena_strdup(invocation->arena, items[i].image_digest);
	}
	return 0;
}

int cmd_prune(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	const struct store_keep keep = { .find = used_layers, .context = invocation };
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
