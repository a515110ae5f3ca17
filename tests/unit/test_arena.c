/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static bool is_zero(const unsigned char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

TEST(arena_memory_is_aligned_for_any_type_and_zero)
{
	cleanup_arena struct arena arena = { 0 };

	for (size_t size = 0; size < 300; size++) {
		unsigned char *bytes = arena_alloc(&arena, size);

		CHECK_INT((uintptr_t)bytes % _Alignof(max_align_t), 0);
		CHECK(is_zero(bytes, size));
		memset(bytes, 0xff, size);
	}
}

TEST(arena_pieces_do_not_overlap)
{
	cleanup_arena struct arena arena = { 0 };
	unsigned char *pieces[200];

	for (size_t i = 0; i < 200; i++) {
		pieces[i] = arena_alloc(&arena, 1000);
		memset(pieces[i], (int)i, 1000);
	}
	for (size_t i = 0; i < 200; i++)
		CHECK(pieces[i][0] == i && !memcmp(pieces[i], pieces[i] + 1, 999));
}

TEST(arena_takes_pieces_larger_than_its_blocks)
{
	cleanup_arena struct arena arena = { 0 };
	unsigned char *small = arena_alloc(&arena, 10);
	unsigned char *large = arena_alloc(&arena, (size_t)10 << 20);

	CHECK(is_zero(large, (size_t)10 << 20));
	memset(large, 0xff, (size_t)10 << 20);
	CHECK(is_zero(small, 10));
	CHECK(is_zero(arena_alloc(&arena, 100), 100));
}

TEST(arena_is_used_again_after_it_was_freed)
{
	struct arena arena = { 0 };

	CHECK_STRING(arena_strdup(&arena, "first"), "first");
	arena_free(&arena);
	CHECK(!arena.blocks);
	CHECK_STRING(arena_strdup(&arena, "second"), "second");
	arena_free(&arena);
	arena_free(&arena);
}

TEST(arena_strings)
{
	cleanup_arena struct arena arena = { 0 };
	char *large;

	CHECK(!arena_strdup(&arena, NULL));
	CHECK_STRING(arena_strdup(&arena, ""), "");
	CHECK_STRING(arena_strndup(&arena, "hello world", 5), "hello");
	CHECK(!memcmp(arena_strndup(&arena, "a\0b", 3), "a\0b", 4));
	CHECK_STRING(arena_printf(&arena, "%s-%d", "web", 7), "web-7");
	CHECK_STRING(arena_printf(&arena, "%s", ""), "");
	large = arena_printf(&arena, "%0200000d", 1);
	CHECK_INT(strlen(large), 200000);
	CHECK(large[199999] == '1');
}

TEST(arena_arrays_have_room_for_all_items)
{
	cleanup_arena struct arena arena = { 0 };
	uint64_t *numbers = arena_array(&arena, uint64_t, 20000);

	CHECK(is_zero((unsigned char *)numbers, 20000 * sizeof(*numbers)));
	numbers[19999] = 1;
	CHECK(arena_alloc_array(&arena, 0, 8) != NULL);
	CHECK(arena_alloc_array(&arena, SIZE_MAX, 0) != NULL);
}

/* The exit status of a child that asks for count items of size bytes. */
static int status_of_request(size_t count, size_t size)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct arena arena = { 0 };

		close(STDERR_FILENO);
		arena_alloc_array(&arena, count, size);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

TEST(arena_requests_that_overflow_end_the_process_with_125)
{
	CHECK_INT(status_of_request(1, 1), 0);
	CHECK_INT(status_of_request(SIZE_MAX / 4, 8), 125);
	CHECK_INT(status_of_request((size_t)1 << 33, (size_t)1 << 33), 125);
	CHECK_INT(status_of_request(1, SIZE_MAX), 125);
	CHECK_INT(status_of_request(1, SIZE_MAX - 7), 125);
}

TEST(arena_clear_keeps_a_block_of_zeros_for_what_comes_next)
{
	cleanup_arena struct arena arena = { 0 };
	unsigned char *first = arena_alloc(&arena, 100);

	memset(first, 1, 100);
	arena_alloc(&arena, 200000);
	arena_clear(&arena);
	first = arena_alloc(&arena, 100000);
	CHECK(is_zero(first, 100000));
	memset(first, 1, 100000);
	arena_clear(&arena);
	CHECK(arena_alloc(&arena, 100000) == first);
	CHECK(is_zero(first, 100000));
	arena_free(&arena);
	arena_clear(&arena);
	CHECK(!arena.blocks);
}

TEST(arena_join_takes_over_all_of_the_other)
{
	cleanup_arena struct arena arena = { 0 };
	struct arena other = { 0 };
	char *text;

	arena_join(&arena, &other);
	CHECK(!arena.blocks);
	arena_strdup(&other, "old");
	arena_alloc(&other, 200000);
	text = arena_strdup(&other, "kept");
	arena_strdup(&arena, "own");
	arena_join(&arena, &other);
	CHECK(!other.blocks);
	CHECK_STRING(text, "kept");
	arena_free(&arena);
}
