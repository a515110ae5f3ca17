/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/*
 * Memory that is freed all at once. Specs, plans and whatever they point to live in one arena.
 *
 * The allocators never return NULL. When memory is at its end the process says so and exits with
 * 125: everything is allocated before the first side effect, so nothing is left behind then.
 */

struct arena {
	struct arena_block *blocks; /* newest first; NULL when empty */
};

/* Returns size bytes of zeros, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

/* The same for count items; count * size may not overflow. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

#define arena_new(arena, type) ((type *)arena_alloc(arena, sizeof(type)))
#define arena_array(arena, type, count) ((type *)arena_alloc_array(arena, count, sizeof(type)))

/* Copies of strings; arena_strdup(NULL) is NULL. */
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Frees everything; the arena is then empty and may be used again. */
void arena_free(struct arena *arena);

/* The same, but for a block that is kept for what comes next: for scratch space in a loop. */
void arena_clear(struct arena *arena);

/* What other has is arena's from now on; other is empty. */
void arena_join(struct arena *arena, struct arena *other);

#define cleanup_arena __attribute__((cleanup(arena_free)))
