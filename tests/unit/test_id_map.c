/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/id_map.h"

#include <unistd.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static struct id_map map;
static struct spec_id_mapping one = { 0, 100000, 65536 };

static int make_plan(struct spec_id_mapping *items, size_t count)
{
	struct spec_id_mappings uids = { .items = items, .count = count };
	struct spec_id_mappings gids = { .items = &one, .count = 1 };

	return id_map_plan(&arena, &uids, &gids, &map, &err);
}

TEST(id_map_is_one_text_and_one_command_line)
{
	struct spec_id_mapping items[] = { { 0, 100000, 1000 }, { 1000, 4294901758, 65536 } };

	CHECK(make_plan(items, 2) == 0);
	CHECK_STRING(map.uid_text, "0 100000 1000\n1000 4294901758 65536\n");
	CHECK_STRING(map.gid_text, "0 100000 65536\n");
	CHECK_STRING(map.uid_argv[0], "newuidmap");
	CHECK_STRING(map.uid_argv[2], "0");
	CHECK_STRING(map.uid_argv[6], "4294901758");
	CHECK(!map.uid_argv[8]);
	CHECK_STRING(map.gid_argv[0], "newgidmap");
	CHECK(!map.own_uid && !map.own_gid);
	arena_free(&arena);
}

TEST(id_map_of_the_callers_own_id_is_recognised)
{
	struct spec_id_mapping item = { 0, geteuid(), 1 };

	CHECK(make_plan(&item, 1) == 0);
	CHECK(map.own_uid);
	arena_free(&arena);
}

TEST(id_map_of_the_most_lines_that_the_kernel_takes)
{
	static struct spec_id_mapping items[ID_MAP_MAX_LINES + 1];

	for (size_t i = 0; i < ARRAY_SIZE(items); i++)
		items[i] = (struct spec_id_mapping){ 4000000000U + (uint32_t)i,
						     4100000000U + (uint32_t)i, 1 };
	CHECK(make_plan(items, ID_MAP_MAX_LINES) == 0);
	CHECK_INT(strlen(map.uid_text), (long long)strlen("4000000000 4100000000 1\n") * 340);
	CHECK(make_plan(items, ID_MAP_MAX_LINES + 1) == -1);
	CHECK_STRING(err.text, "linux.uidMappings: 341 mappings, the kernel takes 340");
	arena_free(&arena);
}

TEST(id_map_that_the_kernel_would_refuse_is_refused)
{
	struct spec_id_mapping items[] = { { 0, 1000, 10 }, { 20, 2000, 10 } };

	items[1].size = 0;
	CHECK(make_plan(items, 2) == -1);
	CHECK_STRING(err.text, "linux.uidMappings[1].size: 0 ids");
	items[1] = (struct spec_id_mapping){ 9, 2000, 1 };
	CHECK(make_plan(items, 2) == -1);
	CHECK_STRING(err.text, "linux.uidMappings[1]: overlaps with [0]");
	items[1] = (struct spec_id_mapping){ 20, 991, 10 };
	CHECK(make_plan(items, 2) == -1);
	items[1] = (struct spec_id_mapping){ 10, 1010, 10 };
	CHECK(make_plan(items, 2) == 0);
	items[1] = (struct spec_id_mapping){ 4294967290U, 2000, 6 };
	CHECK(make_plan(items, 2) == -1);
	CHECK_CONTAINS(err.text, "leads above id 4294967294");
	items[1].size = 5;
	CHECK(make_plan(items, 2) == 0);
	arena_free(&arena);
}

TEST(id_map_of_uids_alone_is_refused)
{
	struct spec_id_mappings uids = { .items = &one, .count = 1 }, none = { 0 };

	CHECK(id_map_plan(&arena, &uids, &none, &map, &err) == -1);
	CHECK_STRING(err.text, "linux.gidMappings: missing while linux.uidMappings is there");
	CHECK(id_map_plan(&arena, &none, &none, &map, &err) == 0);
	CHECK(!map.uid_text);
	arena_free(&arena);
}
