/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/user_map.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "runtime/id_map.h"
#include "runtime/passwd.h"

/* No id is as high as this: it means "none" to the kernel. */
#define END_OF_IDS UINT32_MAX

enum { SUB_ID_OWNER, SUB_ID_START, SUB_ID_COUNT, SUB_ID_FIELDS };

static bool is_owner(const char *field, const char *name, uid_t uid)
{
	unsigned int number;

	return (name && !strcmp(field, name)) || (passwd_parse_id(field, &number) && number == uid);
}

static bool parse_range(char *line, const char *name, uid_t uid, struct sub_id_range *range)
{
	char *fields[SUB_ID_FIELDS];

	return passwd_split(line, fields, SUB_ID_FIELDS) &&
	       is_owner(fields[SUB_ID_OWNER], name, uid) &&
	       passwd_parse_id(fields[SUB_ID_START], &range->start) &&
	       passwd_parse_id(fields[SUB_ID_COUNT], &range->count) && range->count &&
	       range->count <= END_OF_IDS - range->start;
}

void sub_ids_parse(struct arena *arena, char *text, const char *name, uid_t uid,
		   struct sub_id_ranges *ranges)
{
	char *line;

	/* what is more than the kernel takes is of no use */
	*ranges = (struct sub_id_ranges){
		.items = arena_array(arena, struct sub_id_range, ID_MAP_MAX_LINES),
	};
	while ((line = strsep(&text, "\n")) && ranges->count < ID_MAP_MAX_LINES - 1)
		if (parse_range(line, name, uid, &ranges->items[ranges->count]))
			ranges->count++;
}

static bool is_taken(const struct spec_id_mappings *map, const struct sub_id_range *range)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct spec_id_mapping *row = &map->items[i];

		if (range->start < (uint64_t)row->host_id + row->size &&
		    row->host_id < (uint64_t)range->start + range->count)
			return true;
	}
	return false;
}

void user_map_plan(struct arena *arena, uint32_t own, const struct sub_id_ranges *ranges,
		   struct spec_id_mappings *map)
{
	uint32_t next = 1;

	map->items = arena_array(arena, struct spec_id_mapping, ranges->count + 1);
	map->items[0] = (struct spec_id_mapping){ .host_id = own, .size = 1 };
	map->count = 1;
	for (size_t i = 0; i < ranges->count; i++) {
		struct sub_id_range range = ranges->items[i];

		if (range.count > END_OF_IDS - next)
			range.count = END_OF_IDS - next;
		if (!range.count || is_taken(map, &range))
			continue;
		map->items[map->count++] = (struct spec_id_mapping){
			.container_id = next,
			.host_id = range.start,
			.size = range.count,
		};
		next += range.count;
	}
}

int user_map_parse(struct arena *arena, const char *text, struct spec_id_mappings *map,
		   struct error *err)
{
	*map = (struct spec_id_mappings){
		.items = arena_array(arena, struct spec_id_mapping, ID_MAP_MAX_LINES),
	};
	for (; *text; text += strcspn(text, "\n"), text += *text == '\n') {
		struct spec_id_mapping *row = &map->items[map->count];

		if (map->count == ID_MAP_MAX_LINES ||
		    sscanf(text, "%u %u %u", &row->container_id, &row->host_id, &row->size) != 3)
			return fail(err, EPROTO, "the own user namespace's map of ids: '%.40s'",
				    text);
		map->count++;
	}
	return 0;
}

/* The row of map that has this host id, or NULL. */
static const struct spec_id_mapping *find(const struct spec_id_mappings *map, uint32_t host_id)
{
	for (size_t i = 0; i < map->count; i++) {
		const struct spec_id_mapping *row = &map->items[i];

		if (host_id >= row->host_id && host_id - row->host_id < row->size)
			return row;
	}
	return NULL;
}

static int fail_missing(const char *field, size_t index, uint32_t host_id, struct error *err)
{
	return fail(err, EPERM,
		    "%s[%zu].hostID: %u is neither the caller's own id nor one of its ranges in "
		    "/etc/%s (usermod --add-subuids, --add-subgids; package uidmap)",
		    field, index, host_id, strstr(field, "gid") ? "subgid" : "subuid");
}

/* One row becomes as many as rows of map have its ids. */
static int translate_row(const struct spec_id_mappings *map, const char *field, size_t index,
			 struct spec_id_mapping rest, struct spec_id_mappings *result,
			 struct error *err)
{
	while (rest.size) {
		const struct spec_id_mapping *row = find(map, rest.host_id);
		uint32_t offset, size;

		if (!row)
			return fail_missing(field, index, rest.host_id, err);
		offset = rest.host_id - row->host_id;
		size = row->size - offset < rest.size ? row->size - offset : rest.size;
		if (result->count == ID_MAP_MAX_LINES)
			return fail(err, E2BIG, "%s: more ranges than the kernel takes", field);
		result->items[result->count++] = (struct spec_id_mapping){
			.container_id = rest.container_id,
			.host_id = row->container_id + offset,
			.size = size,
		};
		rest.container_id += size;
		rest.host_id += size;
		rest.size -= size;
	}
	return 0;
}

int user_map_translate(struct arena *arena, const struct spec_id_mappings *map, const char *field,
		       struct spec_id_mappings *mappings, struct error *err)
{
	struct spec_id_mappings result = { 0 };

	if (!mappings->count)
		return 0;
	result.items = arena_array(arena, struct spec_id_mapping, ID_MAP_MAX_LINES);
	for (size_t i = 0; i < mappings->count; i++)
		if (translate_row(map, field, i, mappings->items[i], &result, err) < 0)
			return -1;
	*mappings = result;
	return 0;
}
