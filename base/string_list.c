/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string_list.h"

#include <string.h>

const char *string_map_get(const struct string_map *map, const char *key)
{
	for (size_t i = 0; i < map->count; i++)
		if (!strcmp(map->items[i].key, key))
			return map->items[i].value;
	return NULL;
}
