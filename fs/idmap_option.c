/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/idmap_option.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* "12-": a number and what ends it, which is passed. */
static bool parse_number(char **text, char end, uint32_t *number)
{
	char *rest;
	unsigned long value;

	if (**text < '0' || **text > '9')
		return false;
	errno = 0;
	value = strtoul(*text, &rest, 10);
	if (errno || value >= UINT32_MAX || *rest != end)
		return false;
	*text = rest + (end != '\0');
	*number = (uint32_t)value;
	return true;
}

/* The container's ID as the host's: of the range that it begins in. */
static bool resolve(const struct spec_id_mappings *own, uint32_t *id)
{
	for (size_t i = 0; own && i < own->count; i++) {
		const struct spec_id_mapping *range = &own->items[i];

		if (*id >= range->container_id && *id - range->container_id < range->size) {
			*id += range->host_id - range->container_id;
			return true;
		}
	}
	return false;
}

static int parse_triple(char *text, const struct spec_id_mappings *own,
			struct spec_id_mapping *mapping, struct error *err)
{
	const bool relative = *text == '@';
	char *rest = text + relative;

	if (!parse_number(&rest, '-', &mapping->container_id) ||
	    !parse_number(&rest, '-', &mapping->host_id) ||
	    !parse_number(&rest, '\0', &mapping->size) || mapping->size == 0)
		return fail(err, EINVAL, "idmap: '%.60s' is not three numbers as \"0-1000-1\"",
			    text);
	if (relative && !resolve(own, &mapping->host_id))
		return fail(err, EINVAL,
			    "idmap: '%.60s': the container has no user namespace with ID %u", text,
			    mapping->host_id);
	return 0;
}

static int parse_list(struct arena *arena, char *text, const struct spec_id_mappings *own,
		      struct spec_id_mappings *mappings, struct error *err)
{
	size_t most = 1;
	char *triple;

	for (const char *c = text; *c; c++)
		most += *c == '#';
	*mappings = (struct spec_id_mappings){
		.items = arena_array(arena, struct spec_id_mapping, most),
	};
	while ((triple = strsep(&text, "#")))
		if (parse_triple(triple, own, &mappings->items[mappings->count++], err) < 0)
			return -1;
	return 0;
}

int idmap_option_parse(struct arena *arena, const char *text, const struct spec_linux *linux_spec,
		       struct spec_id_mappings *uids, struct spec_id_mappings *gids,
		       struct error *err)
{
	char *rest = arena_strdup(arena, text), *part;
	int result = 0;

	*uids = *gids = (struct spec_id_mappings){ 0 };
	while (result == 0 && (part = strsep(&rest, ";"))) {
		if (!strncmp(part, "uids=", 5))
			result = parse_list(arena, part + 5,
					    linux_spec ? &linux_spec->uid_mappings : NULL, uids,
					    err);
		else if (!strncmp(part, "gids=", 5))
			result = parse_list(arena, part + 5,
					    linux_spec ? &linux_spec->gid_mappings : NULL, gids,
					    err);
		else
			result = fail(err, EINVAL,
				      "idmap: '%.60s' is neither uids= nor gids=", part);
	}
	if (result < 0)
		return -1;
	if (!uids->count || !gids->count)
		return fail(err, EINVAL, "idmap=%.100s: uids= and gids= go together", text);
	return 0;
}
