/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <string.h>

#include "cli/pull.h"
#include "fs/image_name.h"
#include "runtime/registry.h"

/* What the name of the image says; a short one would be meant for Docker's registry by nobody. */
static int own_place(const struct image *image, struct arena *arena, struct registry_place *place,
		     struct error *err)
{
	if (!image->name[0] || strcmp(image_name_normalize(image->name, arena), image->name) != 0)
		return fail(err, EINVAL,
			    "image %s: its name says no registry: name the destination too",
			    image->name[0] ? image->name : image->entry->digest);
	return registry_place_parse(image->name, arena, place, err);
}

int cmd_push(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	struct registry_options options = transfer_registry_options(&push_options);
	struct arena *arena = invocation->arena;
	struct registry_place place;
	struct image image;

	if (store_open(&store, invocation->settings.data_root, arena, err) < 0 ||
	    store_find(&store, invocation->arguments[0], arena, &image, err) < 0)
		return -1;
	if ((invocation->arguments[1]
		     ? registry_place_parse(invocation->arguments[1], arena, &place, err)
		     : own_place(&image, arena, &place, err)) < 0)
		return -1;
	return registry_push(&store, &image, place.location, &options, arena, err);
}
