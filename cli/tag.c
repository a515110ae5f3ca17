/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "base/fd.h"
#include "fs/image_name.h"
#include "fs/store.h"

const struct command tag_command = {
	.name = "tag",
	.group = GROUP_IMAGES,
	.summary = HELP("Give an image more names"),
	.arguments = "IMAGE NAME[:TAG]...",
	.min = 2,
	.max = -1,
	.description =
		HELP("A name that another image has moves to this one. All names are given at "
		     "once, or none.\n"),
	.examples = HELP("ctr tag app:1 app:latest registry.example.com/team/app:1\n"),
	.failure = FAILURE_RUN,
};

int cmd_tag(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	struct arena *arena = invocation->arena;
	size_t count = (size_t)invocation->count - 1;
	struct store_name *names = arena_array(arena, struct store_name, count);
	cleanup_fd int lock = -1;
	struct image image;

	for (size_t i = 0; i < count; i++) {
		char *name;

		if (image_name_parse(invocation->arguments[i + 1], arena, &name, err) < 0)
			return -1;
		names[i].name = name;
	}
	if (store_open(&store, invocation->settings.data_root, arena, err) < 0)
		return -1;
	/* so that no prune comes between, when somebody takes the old name away */
	lock = store_lock_blobs(&store, false, err);
	if (lock < 0 || store_find(&store, invocation->arguments[0], arena, &image, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		names[i].descriptor = image.entry;
	return store_tag_all(&store, names, count, err);
}
