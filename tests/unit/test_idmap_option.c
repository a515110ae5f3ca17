/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/idmap_option.h"

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static struct spec_id_mappings uids, gids;

static struct spec_id_mapping ranges[] = {
	{ .container_id = 0, .host_id = 1000, .size = 1 },
	{ .container_id = 1, .host_id = 100000, .size = 65535 },
};

static int parse(const char *text, size_t range_count)
{
	struct spec_linux spec = { 0 };

	spec.uid_mappings = spec.gid_mappings =
		(struct spec_id_mappings){ .items = ranges, .count = range_count };
	return idmap_option_parse(&arena, text, &spec, &uids, &gids, &err);
}

TEST(idmap_option_has_triples_of_both_kinds)
{
	CHECK(parse("uids=0-1-10#10-11-10;gids=0-100-10", 0) == 0);
	CHECK_INT(uids.count, 2);
	CHECK_INT(uids.items[1].container_id, 10);
	CHECK_INT(uids.items[1].host_id, 11);
	CHECK_INT(uids.items[1].size, 10);
	CHECK_INT(gids.count, 1);
	CHECK_INT(gids.items[0].host_id, 100);
	arena_free(&arena);
}

TEST(idmap_option_with_an_at_is_relative_to_the_container)
{
	CHECK(parse("uids=@5-0-1#6-7-8;gids=@0-3-10", 2) == 0);
	CHECK_INT(uids.items[0].container_id, 5);
	CHECK_INT(uids.items[0].host_id, 1000);
	CHECK_INT(uids.items[1].host_id, 7);
	CHECK_INT(gids.items[0].host_id, 100002);
	CHECK(parse("uids=@0-0-1;gids=0-0-1", 0) == -1);
	CHECK_CONTAINS(err.text, "no user namespace with ID 0");
	arena_free(&arena);
}

TEST(idmap_option_that_makes_no_sense_is_refused)
{
	static const char *const bad[] = { "",
					   "uids=0-0-1",
					   "gids=0-0-1",
					   "uids=;gids=",
					   "uids=0-0;gids=0-0-1",
					   "uids=0-0-0;gids=0-0-1",
					   "uids=0-0-1-2;gids=0-0-1",
					   "uids=-1-0-1;gids=0-0-1",
					   "uids=0-0-4294967296;gids=0-0-1",
					   "uids=0-0-1#;gids=0-0-1",
					   "uids=a-0-1;gids=0-0-1",
					   "pids=0-0-1;uids=0-0-1;gids=0-0-1",
					   "uids= 0-0-1;gids=0-0-1" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (parse(bad[i], 2) != -1)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", bad[i]);
		CHECK_CONTAINS(err.text, "idmap");
	}
	arena_free(&arena);
}
