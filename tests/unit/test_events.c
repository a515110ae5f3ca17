/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/events.h"

#include "tests/unit/unit.h"

static struct arena arena;

TEST(events_of_out_of_memory_are_what_runc_writes)
{
	const struct event event = { .type = "oom", .id = "web" };
	size_t size;

	CHECK_STRING(event_encode(&arena, &event, &size), "{\"type\":\"oom\",\"id\":\"web\"}");
	CHECK_INT(size, 25);
	arena_free(&arena);
}

TEST(events_have_what_a_resctrl_group_measures)
{
	static char mask[] = "fff", root[] = "L3:0=fff;1=fff", own[] = "L3:0=f;1=f0",
		    bandwidth_root[] = "MB:0=100;1=100", bandwidth[] = "MB:0=20;1=70";
	struct l3_cache_info cache = { .cbm_mask = mask, .min_cbm_bits = 1, .num_closids = 16 };
	struct memory_bandwidth_info info = {
		.bandwidth_gran = 10,
		.delay_linear = 1,
		.min_bandwidth = 10,
		.num_closids = 8,
	};
	struct mbm_stats mbm[] = { { 100, 50 }, { 0, 0 } };
	struct cmt_stats cmt[] = { { 4096 } };
	struct stats stats = {
		.intel_rdt = {
			.l3_cache_info = &cache,
			.l3_cache_schema_root = root,
			.l3_cache_schema = own,
			.memory_bandwidth_info = &info,
			.memory_bandwidth_schema_root = bandwidth_root,
			.memory_bandwidth_schema = bandwidth,
			.mbm = { mbm, 2 },
			.cmt = { cmt, 1 },
		},
	};
	const struct event event = { .type = "stats", .id = "web", .data = &stats };

	CHECK_CONTAINS(
		event_encode(&arena, &event, NULL),
		"\"intel_rdt\":{\"l3_cache_info\":{\"cbm_mask\":\"fff\",\"min_cbm_bits\":1,"
		"\"num_closids\":16},\"l3_cache_schema_root\":\"L3:0=fff;1=fff\","
		"\"l3_cache_schema\":\"L3:0=f;1=f0\",\"mem_bw_info\":{\"bandwidth_gran\":10,"
		"\"delay_linear\":1,\"min_bandwidth\":10,\"num_closids\":8},"
		"\"mem_bw_schema_root\":\"MB:0=100;1=100\",\"mem_bw_schema\":\"MB:0=20;1=70\","
		"\"mbm_stats\":[{\"mbm_total_bytes\":100,\"mbm_local_bytes\":50},"
		"{\"mbm_total_bytes\":0,\"mbm_local_bytes\":0}],"
		"\"cmt_stats\":[{\"llc_occupancy\":4096}]}");
	arena_free(&arena);
}
