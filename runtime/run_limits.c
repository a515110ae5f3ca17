/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/run_change_parts.h"

static bool is_limit(const char *text, uint64_t *value)
{
	char *end;

	if (!strcmp(text, "-1") || !strcmp(text, "unlimited")) {
		*value = UINT64_MAX;
		return true;
	}
	errno = 0;
	*value = strtoull(text, &end, 10);
	return isdigit((unsigned char)*text) && !*end && !errno;
}

static void set_limit(struct arena *arena, struct spec_process *process,
		      const struct spec_rlimit *limit)
{
	struct spec_rlimit *items;

	for (size_t i = 0; i < process->rlimits.count; i++) {
		if (strcmp(process->rlimits.items[i].type, limit->type) != 0)
			continue;
		process->rlimits.items[i] = *limit;
		return;
	}
	items = arena_array(arena, struct spec_rlimit, process->rlimits.count + 1);
	if (process->rlimits.count)
		memcpy(items, process->rlimits.items, process->rlimits.count * sizeof(*items));
	items[process->rlimits.count++] = *limit;
	process->rlimits.items = items;
}

/* The kind of limit is checked where all are (runtime/resource_limit.h). */
int run_change_rlimits(struct arena *arena, const struct run_changes *changes, struct spec *spec,
		       struct error *err)
{
	for (size_t i = 0; i < changes->ulimits.count; i++) {
		const char *word = changes->ulimits.items[i];
		char *name = arena_strdup(arena, word), *soft, *hard;
		struct spec_rlimit limit;

		soft = strchr(name, '=');
		if (soft)
			*soft++ = '\0';
		hard = soft ? strchr(soft, ':') : NULL;
		if (hard)
			*hard++ = '\0';
		if (!soft || !*name || !is_limit(soft, &limit.soft) ||
		    !is_limit(hard ?: soft, &limit.hard))
			return fail(err, EINVAL,
				    "option '--ulimit': NAME=SOFT[:HARD] expected, not '%s'", word);
		for (char *letter = name; *letter; letter++)
			*letter = (char)toupper((unsigned char)*letter);
		limit.type = arena_printf(arena, "%s%s",
					  strncmp(name, "RLIMIT_", 7) ? "RLIMIT_" : "", name);
		set_limit(arena, spec->process, &limit);
	}
	return 0;
}

int run_change_resources(struct arena *arena, const struct run_changes *changes, struct spec *spec,
			 struct error *err)
{
	const struct spec_resources *from = &changes->resources;
	struct spec_resources *to;
	size_t size;
	char *text;

	if (!from->memory && !from->cpu && !from->pids && !from->block_io)
		return 0;
	if (!spec->linux->resources)
		spec->linux->resources = arena_new(arena, struct spec_resources);
	to = spec->linux->resources;
	/* a document laid over another one: members that are set replace those of the spec */
	text = spec_resources_encode(arena, from, &size);
	return spec_resources_decode(arena, "options", text, size, to, err);
}

int run_change_sysctls(struct arena *arena, const struct run_changes *changes, struct spec *spec,
		       struct error *err)
{
	struct string_map *map = &spec->linux->sysctl;
	struct string_pair *items =
		arena_array(arena, struct string_pair, map->count + changes->sysctls.count + 1);

	if (map->count)
		memcpy(items, map->items, map->count * sizeof(*items));
	map->items = items;
	for (size_t i = 0; i < changes->sysctls.count; i++) {
		char *name = arena_strdup(arena, changes->sysctls.items[i]);
		char *value = strchr(name, '=');

		if (!value || value == name)
			return fail(err, EINVAL, "option '--sysctl': NAME=VALUE expected, not '%s'",
				    name);
		*value++ = '\0';
		items[map->count++] = (struct string_pair){ .key = name, .value = value };
	}
	return 0;
}
