/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "fs/mount.h"

static void print_mappings(FILE *stream, const char *name, const struct spec_id_mappings *mappings)
{
	if (!mappings)
		return;
	fprintf(stream, " %s", name);
	for (size_t i = 0; i < mappings->count; i++)
		fprintf(stream, "%c%u:%u:%u", i ? ',' : '=', mappings->items[i].container_id,
			mappings->items[i].host_id, mappings->items[i].size);
}

void mounts_print(FILE *stream, const struct mount_list *plan)
{
	static const char *const kinds[] = {
		[MOUNT_BIND] = "bind",
		[MOUNT_INSIDE] = "bind inside of the root",
		[MOUNT_COW] = "copy-on-write view",
		[MOUNT_HOST] = "host filesystem",
		[MOUNT_FILESYSTEM] = "filesystem",
		[MOUNT_REMOUNT] = "remount",
	};

	for (size_t i = 0; i < plan->count; i++) {
		const struct mount_plan *mount = &plan->items[i];

		fprintf(stream, "mount %s: %s", mount->destination, kinds[mount->kind]);
		if (mount->type && mount->kind != MOUNT_REMOUNT)
			fprintf(stream, " %s", mount->type);
		if (mount->source)
			fprintf(stream, " from %s", mount->source);
		fprintf(stream, ":");
		mount_options_print(stream, &mount->options);
		print_mappings(stream, "uids", mount->uids);
		print_mappings(stream, "gids", mount->gids);
		if (mount->fallback)
			fprintf(stream, "; else bind of %s, read-only", mount->fallback);
		if (mount->overlay)
			fprintf(stream, "; upper %s", mount->overlay->upper);
		if (mount->data)
			fprintf(stream, "; by mount(2)");
		if (mount->label)
			fprintf(stream, "; labelled");
		if (mount->readonly_at_end)
			fprintf(stream, "; read-only in the end");
		if (mount->ordinary_directory)
			fprintf(stream, "; on an ordinary directory");
		fprintf(stream, "\n");
	}
}
