/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <string.h>
#include <yajl/yajl_common.h>

#include "base/arena.h"

/*
 * Lets yajl allocate from an arena: nothing of it has to be freed, and it never sees an
 * allocation fail, which it does not check for. The size is kept in front of each piece, since
 * the arena does not know it when yajl asks for a larger one.
 */

union yajl_piece {
	size_t size;
	max_align_t align;
};

static inline void *yajl_arena_alloc(void *arena, size_t size)
{
	union yajl_piece *piece = arena_alloc(arena, sizeof(*piece) + size);

	piece->size = size;
	return piece + 1;
}

static inline void *yajl_arena_realloc(void *arena, void *pointer, size_t size)
{
	void *larger;
	size_t old;

	if (!pointer)
		return yajl_arena_alloc(arena, size);
	old = ((union yajl_piece *)pointer - 1)->size;
	if (size <= old)
		return pointer;
	larger = yajl_arena_alloc(arena, size);
	memcpy(larger, pointer, old);
	return larger;
}

static inline void yajl_arena_free(void *arena, void *pointer)
{
	(void)arena;
	(void)pointer;
}

static inline yajl_alloc_funcs yajl_arena_funcs(struct arena *arena)
{
	return (yajl_alloc_funcs){
		.malloc = yajl_arena_alloc,
		.realloc = yajl_arena_realloc,
		.free = yajl_arena_free,
		.ctx = arena,
	};
}
