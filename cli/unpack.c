/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "fs/image_unpack.h"

const struct command unpack_command = {
	.name = "unpack",
	.group = GROUP_HIDDEN,
	.summary = "Unpack the layers of an image that are not unpacked yet",
	.arguments = "IMAGE",
	.min = 1,
	.max = 1,
	.failure = FAILURE_RUN,
};

int cmd_unpack(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	struct image image;

	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0 ||
	    store_find(&store, invocation->arguments[0], invocation->arena, &image, err) < 0)
		return -1;
	return image_unpack(&store, &image, err) < 0 ? -1 : 0;
}
