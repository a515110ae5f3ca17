/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/table.h"

#include <stdlib.h>

#include "cli/age.h"
#include "cli/size.h"
#include "tests/unit/unit.h"

static char *print(const struct table *table)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	table_print(table, out);
	fclose(out);
	return text;
}

TEST(columns_are_as_wide_as_their_widest_cell)
{
	cleanup_arena struct arena arena = { 0 };
	struct table table = TABLE(&arena, "ID", "STATUS", "X");
	char *text;

	table_add(&table, "a", "running", "1");
	table_add(&table, "longer", NULL, "2");
	text = print(&table);
	CHECK_STRING(text, "ID      STATUS   X\n"
			   "a       running  1\n"
			   "longer  -        2\n");
	free(text);
}

TEST(letters_beyond_ascii_take_one_column)
{
	cleanup_arena struct arena arena = { 0 };
	struct table table = TABLE(&arena, "ID", "X");
	char *text;

	table_add(&table, "\xc3\xa4\xc3\xb6", "1");
	table_add(&table, "abc", "2");
	text = print(&table);
	CHECK_STRING(text, "ID   X\n\xc3\xa4\xc3\xb6   1\nabc  2\n");
	free(text);
}

TEST(control_characters_do_not_reach_the_terminal)
{
	cleanup_arena struct arena arena = { 0 };
	struct table table = TABLE(&arena, "X");
	char *text;

	table_add(&table, "a\033[31m\nb\177");
	text = print(&table);
	CHECK_STRING(text, "X\na?[31m?b?\n");
	free(text);
}

TEST(many_rows_grow_the_table)
{
	cleanup_arena struct arena arena = { 0 };
	struct table table = TABLE(&arena, "N");

	for (int i = 0; i < 1000; i++)
		table_add(&table, arena_printf(&arena, "%d", i));
	CHECK_INT(table.count, 1001);
	CHECK_STRING(table.rows[0][1000], "999");
}

TEST(sizes_are_shown_in_their_largest_unit)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK_STRING(size_text(&arena, 0), "0 B");
	CHECK_STRING(size_text(&arena, 1023), "1023 B");
	CHECK_STRING(size_text(&arena, 1024), "1.0 KiB");
	CHECK_STRING(size_text(&arena, 1536 * 1024), "1.5 MiB");
	CHECK_STRING(size_text(&arena, UINT64_MAX), "16384.0 PiB");
}

TEST(an_age_needs_a_time)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK(!age_of(&arena, NULL));
	CHECK_STRING(age_of(&arena, "yesterday"), "yesterday");
	CHECK_STRING(age_of(&arena, "2999-01-01T00:00:00Z"), "0s");
	CHECK_CONTAINS(age_of(&arena, "2001-01-01T00:00:00.5Z"), "d");
}
