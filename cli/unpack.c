/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/unpack.h"

#include "cli/progress.h"
#include "cli/verbs.h"
#include "fs/image_unpack.h"

static int unpack(struct invocation *invocation, const char *name, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	cleanup_progress_line struct progress_line line;
	const struct image_unpack_options options = {
		.max_bytes = unpack_verb_options.max_size,
		.max_ratio = (uint64_t)unpack_verb_options.max_ratio,
		.jobs = (unsigned)unpack_verb_options.jobs,
		.progress = progress_line_open(&line, unpack_verb_options.quiet),
	};
	struct image image;

	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0 ||
	    store_find(&store, name, invocation->arena, &image, err) < 0)
		return -1;
	return image_unpack(&store, &image, &options, err) < 0 ? -1 : 0;
}

int cmd_unpack(struct invocation *invocation, struct error *err)
{
	return invocation_each(invocation, unpack, err);
}
