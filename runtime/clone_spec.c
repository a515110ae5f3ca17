/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/clone_spec.h"

#include <string.h>

#include "base/path.h"

/* "slice:prefix:name" of systemd, and paths of the kernel: the last part is the container's. */
static char *clone_cgroups_path(struct arena *arena, const char *path, const char *old,
				const char *new)
{
	const char *slash = strrchr(path, '/'), *colon = strrchr(path, ':');
	const char *last = colon && (!slash || colon > slash) ? colon + 1
			   : slash			      ? slash + 1
							      : path;
	const char *found = strstr(last, old);

	if (!*last)
		return arena_printf(arena, "%s%s", path, new);
	if (!found)
		return arena_printf(arena, "%s-%s", path, new);
	return arena_printf(arena, "%.*s%s%s", (int)(found - path), path, new, found + strlen(old));
}

/* What lies in the data folder of the one lies in that of the other. */
static void clone_mounts(struct arena *arena, const struct state *source, const struct state *clone,
			 struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		struct spec_mount *mount = &spec->mounts.items[i];
		const char *behind = mount->source && mount->source[0] == '/' && source->data
					     ? path_behind(mount->source, source->data)
					     : NULL;

		if (behind)
			mount->source = arena_printf(arena, "%s%s", clone->data, behind);
	}
}

void clone_spec(struct arena *arena, const struct state *source, const struct state *clone,
		struct spec *spec)
{
	if (spec->hostname && !strcmp(spec->hostname, source->id))
		spec->hostname = clone->id;
	if (spec->linux && spec->linux->cgroups_path && *spec->linux->cgroups_path)
		spec->linux->cgroups_path =
			clone_cgroups_path(arena, spec->linux->cgroups_path, source->id, clone->id);
	if (spec->overlay) {
		spec->overlay->upper = NULL;
		spec->overlay->lower = clone->lowers;
	}
	clone_mounts(arena, source, clone, spec);
}
