/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/own_paths.h"

#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "fs/devices.h"

struct collector {
	struct arena *arena;
	struct string_list *paths;
	size_t room;
};

/* Adds a path and all directories above it. */
static void add(struct collector *collector, const char *path)
{
	struct string_list *paths = collector->paths;
	char *clean = path_clean(collector->arena, path);

	while (clean[0] && clean[1]) {
		if (paths->count == collector->room) {
			char **items = arena_array(collector->arena, char *,
						   collector->room = 2 * collector->room + 64);

			if (paths->count)
				memcpy(items, paths->items, paths->count * sizeof(char *));
			paths->items = items;
		}
		paths->items[paths->count++] = clean;
		clean = arena_strdup(collector->arena, clean);
		*strrchr(clean, '/') = '\0';
	}
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void sort(struct string_list *paths)
{
	size_t kept = 0;

	if (paths->count)
		qsort(paths->items, paths->count, sizeof(char *), compare);
	for (size_t i = 0; i < paths->count; i++)
		if (!kept || strcmp(paths->items[i], paths->items[kept - 1]) != 0)
			paths->items[kept++] = paths->items[i];
	paths->count = kept;
}

int own_paths(struct arena *arena, const struct spec *spec, struct string_list *paths,
	      struct error *err)
{
	static const char *const links[] = { "/dev/fd",	    "/dev/stdin", "/dev/stdout",
					     "/dev/stderr", "/dev/core",  "/dev/ptmx",
					     "/dev/console" };
	struct collector collector = { .arena = arena, .paths = paths };
	struct device_list devices;

	*paths = (struct string_list){ 0 };
	if (devices_plan(arena, spec, &devices, err) < 0)
		return -1;
	for (size_t i = 0; i < devices.count; i++)
		add(&collector, devices.items[i].path);
	for (size_t i = 0; devices.links && i < sizeof(links) / sizeof(links[0]); i++)
		add(&collector, links[i]);
	for (size_t i = 0; i < spec->mounts.count; i++)
		if (spec->mounts.items[i].destination)
			add(&collector, spec->mounts.items[i].destination);
	if (spec->process && spec->process->cwd)
		add(&collector, spec->process->cwd);
	sort(paths);
	return 0;
}

bool own_paths_have(const struct string_list *paths, const char *path)
{
	return paths && paths->count &&
	       bsearch(&path, paths->items, paths->count, sizeof(char *), compare);
}
