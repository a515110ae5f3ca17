/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

/* Holds a spec with a seccomp profile in one piece; a larger request gets a block of its own. */
#define BLOCK_SIZE ((size_t)64 << 10)

struct arena_block {
	_Alignas(max_align_t) struct arena_block *next;
	size_t used, size;
	unsigned char *bytes; /* behind this head */
};

/* Those that are asked for first are there already: most commands need no memory of the kernel's. */
#define OWN_BLOCKS 4

static struct {
	struct arena_block block;
	unsigned char bytes[BLOCK_SIZE];
} own[OWN_BLOCKS];
static atomic_uint own_taken;

static _Noreturn void out_of_memory(void)
{
	static const char text[] = ": out of memory\n";
	const struct iovec message[] = {
		{ program_invocation_short_name, strlen(program_invocation_short_name) },
		{ (void *)text, sizeof(text) - 1 },
	};

	if (writev(STDERR_FILENO, message, 2) < 0)
		_exit(125);
	_exit(125);
}

static struct arena_block *new_block(size_t size)
{
	size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	unsigned int index = room > BLOCK_SIZE ? OWN_BLOCKS : atomic_load(&own_taken);
	struct arena_block *block;

	while (index < OWN_BLOCKS && !atomic_compare_exchange_weak(&own_taken, &index, index + 1))
		;
	block = index < OWN_BLOCKS ? &own[index].block : calloc(1, sizeof(*block) + room);
	if (!block)
		out_of_memory();
	block->bytes = index < OWN_BLOCKS ? own[index].bytes : (unsigned char *)(block + 1);
	block->size = room;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	const size_t align = _Alignof(max_align_t);
	struct arena_block *block = arena->blocks;
	void *result;

	if (size > SIZE_MAX / 2)
		out_of_memory();
	size = (size + align - 1) & ~(align - 1);
	if (!block || block->size - block->used < size) {
		block = new_block(size);
		block->next = arena->blocks;
		arena->blocks = block;
	}
	result = block->bytes + block->used;
	block->used += size;
	return result;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 2 / size)
		out_of_memory();
	return arena_alloc(arena, count * size);
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args, again;
	char usual[256], *text;
	int length;

	va_start(args, format);
	va_copy(again, args);
	length = vsnprintf(usual, sizeof(usual), format, args);
	if (length < 0)
		out_of_memory();
	text = arena_alloc(arena, (size_t)length + 1);
	if ((size_t)length < sizeof(usual))
		memcpy(text, usual, (size_t)length);
	else
		vsnprintf(text, (size_t)length + 1, format, again);
	va_end(again);
	va_end(args);
	return text;
}

void arena_clear(struct arena *arena)
{
	struct arena_block *block = arena->blocks;

	if (!block)
		return;
	arena->blocks = block->next;
	arena_free(arena);
	memset(block->bytes, 0, block->used);
	block->used = 0;
	block->next = NULL;
	arena->blocks = block;
}

void arena_join(struct arena *arena, struct arena *other)
{
	struct arena_block **end = &other->blocks;

	while (*end)
		end = &(*end)->next;
	*end = arena->blocks;
	arena->blocks = other->blocks;
	other->blocks = NULL;
}

static bool is_own(const struct arena_block *block)
{
	for (size_t i = 0; i < OWN_BLOCKS; i++)
		if (block == &own[i].block)
			return true;
	return false;
}

void arena_free(struct arena *arena)
{
	while (arena->blocks) {
		struct arena_block *next = arena->blocks->next;

		if (!is_own(arena->blocks))
			free(arena->blocks);
		arena->blocks = next;
	}
}
