/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

/* Strings and pairs of strings as JSON documents have them. They live in an arena. */

struct string_list {
	char **items; /* ends with NULL, so that it can be an argv; NULL when absent */
	size_t count;
};

struct string_pair {
	char *key, *value;
};

struct string_map {
	struct string_pair *items; /* in the order of the document */
	size_t count;
};

/* A new list of the strings of both, which it shares with them. It ends with NULL. */
struct string_list string_list_join(struct arena *arena, const struct string_list *first,
				    const struct string_list *second);

bool string_list_has(const struct string_list *list, const char *text);

/* The strings one behind the other, with this text between two. In time that grows as they do. */
char *string_list_text(struct arena *arena, const struct string_list *list, const char *between);

/* Returns the value of key, or NULL. */
const char *string_map_get(const struct string_map *map, const char *key);
