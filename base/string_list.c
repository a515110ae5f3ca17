/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string_list.h"

#include <string.h>

struct string_list string_list_join(struct arena *arena, const struct string_list *first,
				    const struct string_list *second)
{
	struct string_list all = {
		.items = arena_array(arena, char *, first->count + second->count + 1),
		.count = first->count + second->count,
	};

	for (size_t i = 0; i < all.count; i++)
		all.items[i] = i < first->count ? first->items[i] : second->items[i - first->count];
	return all;
}

bool string_list_has(const struct string_list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i], text))
			return true;
	return false;
}

const char *string_map_get(const struct string_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (!strcmp(map->items[i].key, key))
			return map->items[i].value;
	return NULL;
}

char *string_list_text(struct arena *arena, const struct string_list *list, const char *between)
{
	const size_t gap = strlen(between);
	size_t size = 1;
	char *text, *end;

	for (size_t i = 0; i < list->count; i++)
		size += strlen(list->items[i]) + gap;
	text = end = arena_alloc(arena, size); /* zeros: its end is there */
	for (size_t i = 0; i < list->count; i++) {
		const size_t length = strlen(list->items[i]);

		if (i)
			end = mempcpy(end, between, gap);
		end = mempcpy(end, list->items[i], length);
	}
	return text;
}
