/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/user_map.h"

#include <string.h>

#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

static char *print_map(const struct spec_id_mappings *map)
{
	char *text = arena_strdup(&arena, "");

	for (size_t i = 0; i < map->count; i++)
		text = arena_printf(&arena, "%s%u %u %u\n", text, map->items[i].container_id,
				    map->items[i].host_id, map->items[i].size);
	return text;
}

static char *plan_of(const char *sub_ids, const char *name, uid_t uid)
{
	struct sub_id_ranges ranges;
	struct spec_id_mappings map;

	sub_ids_parse(&arena, arena_strdup(&arena, sub_ids), name, uid, &ranges);
	user_map_plan(&arena, uid, &ranges, &map);
	return print_map(&map);
}

TEST(user_map_is_the_own_id_and_all_ranges_behind_it)
{
	CHECK_STRING(plan_of("", "me", 1000), "0 1000 1\n");
	CHECK_STRING(plan_of("me:100000:65536\n", "me", 1000), "0 1000 1\n1 100000 65536\n");
	CHECK_STRING(plan_of("you:1:2\nme:100000:10\n1000:200000:5\n10:9:9\n", "me", 1000),
		     "0 1000 1\n1 100000 10\n11 200000 5\n");
	/* a user without a name, or a name that is another's number */
	CHECK_STRING(plan_of("me:100000:10\n1000:200000:5", NULL, 1000), "0 1000 1\n1 200000 5\n");
	arena_free(&arena);
}

TEST(user_map_skips_lines_that_make_no_sense)
{
	CHECK_STRING(plan_of("me\nme:\nme:1\nme:-1:5\nme:5:0\nme:x:5\nme:5: 5\n"
			     "me:4294967290:6\n:::\n\nme:9:1\n",
			     "me", 1000),
		     "0 1000 1\n1 9 1\n");
	arena_free(&arena);
}

TEST(user_map_has_no_id_twice)
{
	CHECK_STRING(plan_of("me:900:200\nme:5000:10\nme:5005:10\nme:5010:1\n", "me", 1000),
		     "0 1000 1\n1 5000 10\n11 5010 1\n");
	/* all numbers that there are */
	CHECK_STRING(plan_of("me:1001:4294000000\nme:0:1000\nme:4294001001:966000\n", "me", 1000),
		     "0 1000 1\n1 1001 4294000000\n4294000001 0 1000\n4294001001 4294001001 "
		     "966000\n");
	arena_free(&arena);
}

TEST(user_map_is_read_as_the_kernel_shows_it)
{
	struct spec_id_mappings map;

	CHECK(user_map_parse(&arena,
			     "         0       4242          1\n"
			     "         1     100000      65536\n",
			     &map, &err) == 0);
	CHECK_STRING(print_map(&map), "0 4242 1\n1 100000 65536\n");
	CHECK(user_map_parse(&arena, "0 1\n", &map, &err) == -1);
	arena_free(&arena);
}

static int translate(struct spec_id_mapping *rows, size_t count, struct spec_id_mappings *result)
{
	struct spec_id_mapping own[] = { { 0, 1000, 1 }, { 1, 100000, 10 }, { 11, 200000, 10 } };
	const struct spec_id_mappings map = { .items = own, .count = 3 };

	*result = (struct spec_id_mappings){ .items = rows, .count = count };
	return user_map_translate(&arena, &map, "linux.gidMappings", result, &err);
}

TEST(user_map_translates_ids_of_the_host)
{
	struct spec_id_mapping rows[] = { { 0, 1000, 1 }, { 5, 100004, 6 }, { 50, 200000, 10 } };
	struct spec_id_mappings result;

	CHECK(translate(rows, 3, &result) == 0);
	CHECK_STRING(print_map(&result), "0 0 1\n5 5 6\n50 11 10\n");
	CHECK(translate(rows, 0, &result) == 0);
	CHECK_INT(result.count, 0);
	arena_free(&arena);
}

TEST(user_map_refuses_ids_that_are_not_the_callers)
{
	struct spec_id_mapping rows[] = { { 0, 100000, 11 } }, root[] = { { 0, 0, 1 } };
	struct spec_id_mappings result;

	CHECK(translate(root, 1, &result) == -1);
	CHECK(strstr(err.text, "linux.gidMappings[0].hostID: 0 is neither"));
	CHECK(strstr(err.text, "/etc/subgid"));
	CHECK(translate(rows, 1, &result) == -1);
	CHECK(strstr(err.text, "hostID: 100010 is neither"));
	arena_free(&arena);
}
