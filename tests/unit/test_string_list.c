/* SPDX-License-Identifier: Apache-2.0 */
#include "base/string_list.h"

#include "tests/unit/unit.h"

TEST(string_map_get_finds_the_first_of_a_key_or_nothing)
{
	char one[] = "one", two[] = "two", empty[] = "", value[] = "1", other[] = "2";
	struct string_pair items[] = { { one, value }, { empty, two }, { one, other } };
	const struct string_map map = { .items = items, .count = 3 };
	const struct string_map none = { 0 };

	CHECK_STRING(string_map_get(&map, "one"), "1");
	CHECK_STRING(string_map_get(&map, ""), "two");
	CHECK(!string_map_get(&map, "on"));
	CHECK(!string_map_get(&map, "ones"));
	CHECK(!string_map_get(&none, "one"));
}

TEST(string_list_knows_what_it_has)
{
	char *items[] = { "rw", "nosuid", NULL };
	const struct string_list list = { items, 2 }, none = { 0 };

	CHECK(string_list_has(&list, "rw") && string_list_has(&list, "nosuid"));
	CHECK(!string_list_has(&list, "ro") && !string_list_has(&none, "rw"));
}

TEST(string_list_text_puts_something_between)
{
	cleanup_arena struct arena arena = { 0 };
	char *items[] = { arena_strdup(&arena, "a"), arena_strdup(&arena, ""),
			  arena_strdup(&arena, "bc"), NULL };
	struct string_list list = { .items = items, .count = 3 };

	CHECK_STRING(string_list_text(&arena, &list, ", "), "a, , bc");
	list.count = 1;
	CHECK_STRING(string_list_text(&arena, &list, ", "), "a");
	list.count = 0;
	CHECK_STRING(string_list_text(&arena, &list, ", "), "");
}
