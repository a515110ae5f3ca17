/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "cgroup/limits.h"
#include "specs/runtime_spec.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct limits limits;
static struct error err;

/* Plans the limits of "resources" given as JSON. */
static int plan(const char *json)
{
	struct spec spec;
	const char *text = arena_printf(
		&arena, "{\"ociVersion\":\"1.3.0\",\"linux\":{\"resources\":%s}}", json);

	if (spec_decode(&arena, "spec.json", text, strlen(text), &spec, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return limits_plan(&arena, spec.linux->resources, &limits, &err);
}

static const char *printed(const char *json)
{
	if (plan(json) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return limits_print(&arena, &limits);
}

TEST(limits_of_nothing_are_none)
{
	CHECK_INT(limits_plan(&arena, NULL, &limits, &err), 0);
	CHECK_INT(limits.count, 0);
	CHECK_STRING(printed("{}"), "");
	CHECK_STRING(printed("{\"memory\":{},\"cpu\":{},\"pids\":{},\"blockIO\":{}}"), "");
	CHECK_INT(limits.controllers, 0);
}

TEST(limits_of_everything_are_the_golden_ones)
{
	const char *text = printed(
		"{\"memory\":{\"limit\":67108864,\"reservation\":33554432,\"swap\":100663296,"
		"\"checkBeforeUpdate\":true},"
		"\"cpu\":{\"shares\":512,\"quota\":50000,\"period\":200000,\"burst\":10000,"
		"\"idle\":0,"
		"\"cpus\":\"0-1\",\"mems\":\"0\"},\"pids\":{\"limit\":100},"
		"\"blockIO\":{\"weight\":500,\"weightDevice\":[{\"major\":8,\"minor\":0,\"weight\":"
		"10}],"
		"\"throttleReadBpsDevice\":[{\"major\":8,\"minor\":0,\"rate\":1048576},"
		"{\"major\":8,\"minor\":16,\"rate\":0}],"
		"\"throttleWriteIOPSDevice\":[{\"major\":8,\"minor\":0,\"rate\":100},"
		"{\"major\":9,\"minor\":0,\"rate\":5}]},"
		"\"hugepageLimits\":[{\"pageSize\":\"2MB\",\"limit\":4194304}],"
		"\"rdma\":{\"mlx5_1\":{\"hcaHandles\":3,\"hcaObjects\":10000}},"
		"\"unified\":{\"memory.high\":\"50M\",\"cgroup.max.depth\":\"3\",\"misc.max\":\"x "
		"1\"}}");

	CHECK_GOLDEN(text, "limits.txt");
	CHECK_INT(limits.memory_check, 67108864);
	CHECK_INT(limits.controllers, 0xff);
}

TEST(limits_memory_minus_one_is_max_and_frees_swap)
{
	CHECK_STRING(printed("{\"memory\":{\"limit\":-1}}"),
		     "memory.swap.max max, if there is such a file (linux.resources.memory.swap)\n"
		     "memory.max max, if there is such a file (linux.resources.memory.limit)\n");
	CHECK_INT(limits.controllers, 0);
}

TEST(limits_swap_equal_to_memory_forbids_swap)
{
	CHECK_STRING(printed("{\"memory\":{\"limit\":1000000,\"swap\":1000000}}"),
		     "memory.swap.max 0, if there is such a file (linux.resources.memory.swap)\n"
		     "memory.max 1000000 (linux.resources.memory.limit)\n");
}

TEST(limits_swap_smaller_than_memory_is_refused)
{
	CHECK_INT(plan("{\"memory\":{\"limit\":2000,\"swap\":1000}}"), -1);
	CHECK_STRING(err.text,
		     "linux.resources.memory.swap: 1000 is less than "
		     "linux.resources.memory.limit 2000 (it limits memory and swap together)");
}

TEST(limits_swap_without_memory_is_refused)
{
	CHECK_INT(plan("{\"memory\":{\"swap\":1000}}"), -1);
	CHECK_CONTAINS(err.text, "linux.resources.memory.swap: needs linux.resources.memory.limit");
	CHECK_STRING(
		printed("{\"memory\":{\"swap\":-1}}"),
		"memory.swap.max max, if there is such a file (linux.resources.memory.swap)\n");
}

TEST(limits_that_v2_has_not_are_refused_by_name)
{
	static const char *const cases[][2] = {
		{ "{\"memory\":{\"swappiness\":60}}", "linux.resources.memory.swappiness" },
		{ "{\"memory\":{\"disableOOMKiller\":true}}",
		  "linux.resources.memory.disableOOMKiller" },
		{ "{\"memory\":{\"kernel\":4096}}", "linux.resources.memory.kernel" },
		{ "{\"memory\":{\"kernelTCP\":4096}}", "linux.resources.memory.kernelTCP" },
		{ "{\"cpu\":{\"realtimeRuntime\":1}}", "linux.resources.cpu.realtimeRuntime" },
		{ "{\"cpu\":{\"realtimePeriod\":1}}", "linux.resources.cpu.realtimePeriod" },
		{ "{\"blockIO\":{\"leafWeight\":10}}", "linux.resources.blockIO.leafWeight" },
		{ "{\"network\":{\"classID\":1}}", "linux.resources.network" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK_INT(plan(cases[i][0]), -1);
		CHECK_INT(err.errnum, ENOTSUP);
		CHECK_STRING(err.text,
			     arena_printf(&arena, "%s: cgroup v2 has no such limit", cases[i][1]));
	}
	CHECK_STRING(printed("{\"memory\":{\"disableOOMKiller\":false,\"useHierarchy\":true,"
			     "\"kernel\":-1}}"),
		     "");
}

TEST(limits_an_idle_group_gets_its_weight_before_it_is_idle)
{
	CHECK_STRING(printed("{\"cpu\":{\"shares\":1024,\"idle\":1}}"),
		     "cpu.weight 100 (linux.resources.cpu.shares)\n"
		     "cpu.idle 1 (linux.resources.cpu.idle)\n");
	CHECK_STRING(printed("{\"cpu\":{\"shares\":1024,\"idle\":0}}"),
		     "cpu.idle 0 (linux.resources.cpu.idle)\n"
		     "cpu.weight 100 (linux.resources.cpu.shares)\n");
}

TEST(limits_a_cpu_quota_below_zero_is_max)
{
	CHECK_STRING(printed("{\"cpu\":{\"quota\":-1}}"),
		     "cpu.max max 100000 (linux.resources.cpu.quota)\n");
	CHECK_STRING(printed("{\"cpu\":{\"period\":50000}}"),
		     "cpu.max max 50000 (linux.resources.cpu.period)\n");
}

TEST(limits_zero_pids_mean_one_and_minus_one_means_max)
{
	CHECK_STRING(printed("{\"pids\":{\"limit\":0}}"),
		     "pids.max 1 (linux.resources.pids.limit)\n");
	CHECK_STRING(printed("{\"pids\":{\"limit\":-1}}"),
		     "pids.max max, if there is such a file (linux.resources.pids.limit)\n");
	/* podman --pids-limit=-1 asks for that, also where v2 has no pids controller */
	CHECK_INT(limits.controllers, 0);
}

TEST(limits_an_io_weight_out_of_range_is_refused)
{
	CHECK_INT(plan("{\"blockIO\":{\"weight\":9}}"), -1);
	CHECK_STRING(err.text, "linux.resources.blockIO.weight: 9 is not between 10 and 1000");
	CHECK_STRING(printed("{\"blockIO\":{\"weight\":1000}}"),
		     "io.bfq.weight 1000, or io.weight 10000 (linux.resources.blockIO.weight)\n");
}

TEST(limits_a_page_size_may_not_leave_the_cgroup)
{
	struct spec_resources resources = { 0 };
	__typeof__(*resources.hugepage_limits.items) page = { (char[]){ "../2MB" }, 1 };

	resources.hugepage_limits.items = &page;
	resources.hugepage_limits.count = 1;
	CHECK_INT(limits_plan(&arena, &resources, &limits, &err), -1);
	CHECK_CONTAINS(err.text, "hugepageLimits[0].pageSize: '../2MB' is not like");
	page.page_size = (char[]){ "02MB" };
	CHECK_INT(limits_plan(&arena, &resources, &limits, &err), -1);
	page.page_size = (char[]){ "2" };
	CHECK_INT(limits_plan(&arena, &resources, &limits, &err), -1);
	page.page_size = (char[]){ "1GB" };
	CHECK_INT(limits_plan(&arena, &resources, &limits, &err), 0);
}

TEST(limits_unified_lines_are_written_one_by_one)
{
	CHECK_STRING(printed("{\"unified\":{\"io.max\":\"7:0 riops=1\\n7:1 wiops=2\\n\"}}"),
		     "io.max 7:0 riops=1 (linux.resources.unified.io.max)\n"
		     "io.max 7:1 wiops=2 (linux.resources.unified.io.max)\n");
	CHECK_STRING(printed("{\"unified\":{\"cpuset.cpus\":\"\\n\"}}"),
		     "cpuset.cpus \n (linux.resources.unified.cpuset.cpus)\n");
}

TEST(limits_unified_takes_only_files_of_controllers)
{
	static const char *const wrong[] = { "memory",	    "memory/../x.y", "../memory.max",
					     ".max",	    "memory.",	     "cgroup.procs",
					     "cgroup.kill", "cgroup.freeze", "nothing.max",
					     "mem.max",	    "memoryx.max",   "cgroup.type" };

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		CHECK_INT(plan(arena_printf(&arena, "{\"unified\":{\"%s\":\"1\"}}", wrong[i])), -1);
		CHECK_CONTAINS(err.text, wrong[i]);
	}
	CHECK_STRING(printed("{\"unified\":{\"memory.max\":\"1G\"}}"),
		     "memory.max 1G (linux.resources.unified.memory.max)\n");
}

TEST(limits_cpu_weights_are_exactly_those_of_the_formula)
{
	CHECK_INT(cpu_weight_of_shares(0), 0);
	CHECK_INT(cpu_weight_of_shares(1), 1);
	CHECK_INT(cpu_weight_of_shares(2), 1);
	CHECK_INT(cpu_weight_of_shares(1024), 100);
	CHECK_INT(cpu_weight_of_shares(262144), 10000);
	CHECK_INT(cpu_weight_of_shares(UINT64_MAX), 10000);
	for (uint64_t shares = 3; shares < 262144; shares += shares < 4096 ? 1 : 13) {
		long double l = log2l((long double)shares);
		long double exact = powl(10, (l * l + 125 * l - 126) / 612);

		CHECK_INT(cpu_weight_of_shares(shares), (long long)ceill(exact - 1e-9L));
	}
}
