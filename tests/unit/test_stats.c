/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "cgroup/oom.h"
#include "cgroup/resctrl_stats.h"
#include "cgroup/stats.h"
#include "cgroup/stats_parse.h"
#include "tests/unit/scratch_dir.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

/* "KEY=VALUE KEY=VALUE" of what was parsed. */
static const char *pairs(const char *text)
{
	struct uint_map map = stats_parse_pairs(&arena, text);
	char *result = arena_strdup(&arena, "");

	for (size_t i = 0; i < map.count; i++)
		result = arena_printf(&arena, "%s%s%s=%llu", result, i ? " " : "", map.items[i].key,
				      (unsigned long long)map.items[i].value);
	return result;
}

TEST(stats_lines_of_a_key_and_a_number_are_read)
{
	CHECK_STRING(pairs("anon 4096\nfile 0\nworkingset_refault_anon 18446744073709551615\n"),
		     "anon=4096 file=0 workingset_refault_anon=18446744073709551615");
	CHECK_STRING(pairs(""), "");
	arena_free(&arena);
}

TEST(stats_lines_that_are_something_else_are_passed_over)
{
	CHECK_STRING(
		pairs("\n \na\na \n 1\na b 1\na -1\na 1x\na 18446744073709551616\na  1\nb 2\n"),
		"b=2");
	/* a number that was cut off in the middle is another number */
	CHECK_STRING(pairs("anon 4096\nfile 12"), "anon=4096");
	CHECK_STRING(pairs("anon 4096"), "");
	arena_free(&arena);
}

TEST(stats_of_a_key_that_is_not_there_are_zero)
{
	struct uint_map map = stats_parse_pairs(&arena, "oom 1\noom_kill 2\n");

	CHECK_INT(stats_pair(&map, "oom_kill"), 2);
	CHECK_INT(stats_pair(&map, "oom"), 1);
	CHECK_INT(stats_pair(&map, "oom_"), 0);
	arena_free(&arena);
}

TEST(stats_values_and_max_are_read)
{
	CHECK_INT(stats_parse_value("123\n"), 123);
	CHECK_INT(stats_parse_value("123"), 123);
	CHECK(stats_parse_value("max\n") == UINT64_MAX);
	CHECK(stats_parse_value("18446744073709551615") == UINT64_MAX);
	CHECK_INT(stats_parse_value("18446744073709551616\n"), 0);
	CHECK_INT(stats_parse_value("maximum\n"), 0);
	CHECK_INT(stats_parse_value("-1\n"), 0);
	CHECK_INT(stats_parse_value(""), 0);
}

/* The numbers of a cpuset, joined by blanks. */
static const char *list(const char *text)
{
	struct stats_numbers numbers = stats_parse_list(&arena, text);
	char *result = arena_strdup(&arena, "");

	for (size_t i = 0; i < numbers.count; i++)
		result = arena_printf(&arena, "%s%s%u", result, i ? " " : "", numbers.items[i]);
	return result;
}

TEST(stats_lists_of_ranges_are_read)
{
	CHECK_STRING(list("0\n"), "0");
	CHECK_STRING(list("0-3,5,7-8\n"), "0 1 2 3 5 7 8");
	CHECK_STRING(list("65534-65535"), "65534 65535");
	CHECK_STRING(list("\n"), "");
	CHECK_STRING(list(""), "");
	CHECK_STRING(list("a,1,2-b,-,4,9-8,,11\n"), "1 4 11");
	/* nothing that takes all memory */
	CHECK_STRING(list("0-99999999999,65536,3-1,2,2,1-2,0-65536"), "2");
	arena_free(&arena);
}

TEST(stats_of_the_processor_are_nanoseconds)
{
	struct cpu_stats cpu = { 0 };

	stats_parse_cpu(&arena,
			"usage_usec 3000001\nuser_usec 2000000\nsystem_usec 1000001\nnice_usec 0\n"
			"core_sched.force_idle_usec 0\nnr_periods 7\nnr_throttled 5\n"
			"throttled_usec 99\nnr_bursts 0\nburst_usec 0\n",
			&cpu);
	CHECK_INT(cpu.usage.total, 3000001000);
	CHECK_INT(cpu.usage.user, 2000000000);
	CHECK_INT(cpu.usage.kernel, 1000001000);
	CHECK_INT(cpu.throttling.periods, 7);
	CHECK_INT(cpu.throttling.throttled_periods, 5);
	CHECK_INT(cpu.throttling.throttled_time, 99000);
	stats_parse_cpu(&arena, "usage_usec 18446744073709551\nuser_usec 18446744073709552\n",
			&cpu);
	CHECK(cpu.usage.total == 18446744073709551000ULL);
	CHECK(cpu.usage.user == UINT64_MAX);
	CHECK_INT(cpu.throttling.periods, 0);
	arena_free(&arena);
}

static const char *entries(const struct blkio_entries *entries)
{
	char *result = arena_strdup(&arena, "");

	for (size_t i = 0; i < entries->count; i++) {
		const struct blkio_entry *entry = &entries->items[i];

		result = arena_printf(&arena, "%s%llu:%llu %s %llu; ", result,
				      (unsigned long long)entry->major,
				      (unsigned long long)entry->minor, entry->op,
				      (unsigned long long)entry->value);
	}
	return result;
}

TEST(stats_of_disks_are_read_by_device_and_direction)
{
	struct blkio_stats blkio = { 0 };

	stats_parse_io(&arena,
		       "8:16 rbytes=1459200 wbytes=314773504 rios=192 wios=353 dbytes=0 dios=0\n"
		       "254:0 rbytes=90430464 wbytes=0 rios=8950 wios=1 dbytes=50331648 dios=3021 "
		       "cost.usage=5\n",
		       &blkio);
	CHECK_STRING(entries(&blkio.service_bytes),
		     "8:16 Read 1459200; 8:16 Write 314773504; 254:0 Read 90430464; "
		     "254:0 Write 0; ");
	CHECK_STRING(entries(&blkio.serviced),
		     "8:16 Read 192; 8:16 Write 353; 254:0 Read 8950; 254:0 Write 1; ");
	arena_free(&arena);
}

TEST(stats_of_disks_that_are_odd_are_passed_over)
{
	struct blkio_stats blkio = { 0 };

	/* a device without figures, as the kernel writes one that did nothing; one without a name
	 */
	stats_parse_io(&arena,
		       "8:0 \n8:1\n(unknown) rbytes=1\n8: rbytes=1\n:1 rbytes=1\n8:2:3 rbytes=1\n"
		       "rbytes=1\n8:3 rbytes=x wbytes= =1 rbytes rbytes=2=3 rios=4\n8:4 rbytes=5",
		       &blkio);
	CHECK_STRING(entries(&blkio.service_bytes), "");
	CHECK_STRING(entries(&blkio.serviced), "8:3 Read 4; ");
	blkio = (struct blkio_stats){ 0 };
	stats_parse_io(&arena, "", &blkio);
	CHECK(!blkio.serviced.items);
	arena_free(&arena);
}

static void check_near(double is, double expected)
{
	CHECK(fabs(is - expected) < 1e-9);
}

TEST(stats_of_pressure_are_percents_and_a_total)
{
	const struct psi_stats *psi =
		stats_parse_psi(&arena, "some avg10=1.71 avg60=20.05 avg300=100.00 total=1337\n"
					"full avg10=0.00 avg60=0.01 avg300=0.99 "
					"total=18446744073709551615\n");

	check_near(psi->some.avg10, 1.71);
	check_near(psi->some.avg60, 20.05);
	check_near(psi->some.avg300, 100);
	CHECK_INT(psi->some.total, 1337);
	check_near(psi->full.avg10, 0);
	check_near(psi->full.avg60, 0.01);
	check_near(psi->full.avg300, 0.99);
	CHECK(psi->full.total == UINT64_MAX);
	arena_free(&arena);
}

TEST(stats_of_pressure_that_are_odd_are_zero_or_none)
{
	const struct psi_stats *psi;

	CHECK(!stats_parse_psi(&arena, ""));
	CHECK(!stats_parse_psi(&arena, "most avg10=1.00\n"));
	CHECK(!stats_parse_psi(&arena, "some avg10=1.00 avg60=2.00"));
	/* before 5.13 the cpu had no line "full" */
	psi = stats_parse_psi(&arena, "some avg10=1.5 avg60=.50 avg300=nan total=-1 avg10\n");
	check_near(psi->some.avg10, 0);
	check_near(psi->some.avg60, 0);
	check_near(psi->some.avg300, 0);
	CHECK_INT(psi->some.total, 0);
	CHECK_INT(psi->full.total, 0);
	arena_free(&arena);
}

static const char *encoded(struct stats *stats)
{
	const struct event event = { .type = "stats", .id = "web", .data = stats };

	return event_encode(&arena, &event, NULL);
}

static void full_cgroup(void)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{ "cpu.stat", "usage_usec 30\nuser_usec 20\nsystem_usec 10\nnr_periods 3\n"
			      "nr_throttled 2\nthrottled_usec 1\n" },
		{ "cpu.pressure", "some avg10=0.12 avg60=0.00 avg300=0.00 total=7\n"
				  "full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n" },
		{ "cpuset.cpus.effective", "0-1,3\n" },
		{ "cpuset.mems.effective", "0\n" },
		{ "memory.current", "8192\n" },
		{ "memory.max", "1048576\n" },
		{ "memory.peak", "16384\n" },
		{ "memory.events", "low 0\nhigh 0\nmax 4\noom 1\noom_kill 1\n" },
		{ "memory.swap.current", "4096\n" },
		{ "memory.swap.max", "max\n" },
		{ "memory.swap.peak", "4096\n" },
		{ "memory.swap.events", "high 0\nmax 5\nfail 6\n" },
		{ "memory.stat", "anon 1024\nfile 2048\nkernel 512\nsock 256\n" },
		{ "memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n" },
		{ "pids.current", "9\n" },
		{ "pids.max", "100\n" },
		{ "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=0 dios=0\n" },
		{ "io.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=2\n" },
		{ "hugetlb.2MB.current", "2097152\n" },
		{ "hugetlb.2MB.events", "max 3\n" },
		{ "hugetlb.2MB.rsvd.current", "1\n" },
		{ "hugetlb.1GB.current", "0\n" },
		{ "hugetlb.1GB.events", "max 0\n" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		scratch_file(files[i].name, files[i].text);
}

TEST(stats_of_a_cgroup_with_everything)
{
	static struct interface_stats interface = { "eth0", 1, 2, 3, 4, 5, 6, 7, 8 };
	struct stats stats = { .interfaces = { &interface, 1 } };
	int dir = scratch_dir();

	full_cgroup();
	CHECK_INT(cgroup_stats_read(dir, &arena, &stats, &err), 0);
	CHECK_GOLDEN(arena_printf(&arena, "%s\n", encoded(&stats)), "stats.json");
	arena_free(&arena);
}

TEST(stats_of_a_cgroup_without_controllers_are_zeros)
{
	struct stats stats = { 0 };
	int dir = scratch_dir();

	CHECK_INT(cgroup_stats_read(dir, &arena, &stats, &err), 0);
	CHECK_GOLDEN(arena_printf(&arena, "%s\n", encoded(&stats)), "stats_none.json");
	arena_free(&arena);
}

TEST(stats_without_a_limit_say_so_as_runc_does)
{
	struct stats stats = { 0 };
	int dir = scratch_dir();

	scratch_file("memory.current", "8192\n");
	scratch_file("memory.max", "max\n");
	scratch_file("memory.swap.max", "4096\n");
	scratch_file("pids.current", "1\n");
	scratch_file("pids.max", "max\n");
	CHECK_INT(cgroup_stats_read(dir, &arena, &stats, &err), 0);
	CHECK(stats.memory.usage.limit == UINT64_MAX);
	CHECK(stats.memory.swap.limit == UINT64_MAX);
	CHECK_INT(stats.memory.swap.usage, 8192);
	CHECK_INT(stats.pids.limit, 0);
	arena_free(&arena);
}

/* Without the pids controller its figure comes from the threads of all cgroups below. */
TEST(stats_count_tasks_where_there_is_no_controller)
{
	struct stats stats = { 0 };
	int dir = scratch_dir();

	CHECK_INT(mkdirat(dir, "below", 0700), 0);
	scratch_file("cgroup.threads", "1\n2\n");
	scratch_file("below/cgroup.threads", "3\n");
	CHECK_INT(cgroup_stats_read(dir, &arena, &stats, &err), 0);
	CHECK_INT(stats.pids.current, 3);
	/* an idle cgroup with the controller has none */
	scratch_file("pids.current", "0\n");
	CHECK_INT(cgroup_stats_read(dir, &arena, &stats, &err), 0);
	CHECK_INT(stats.pids.current, 0);
	arena_free(&arena);
}

TEST(stats_files_that_cannot_be_read_are_an_error)
{
	struct stats stats = { 0 };
	int dir = scratch_dir();

	CHECK_INT(mkdirat(dir, "cpu.stat", 0700), 0);
	CHECK_INT(cgroup_stats_read(dir, &arena, &stats, &err), -1);
	CHECK_CONTAINS(err.text, "cpu.stat");
	arena_free(&arena);
}

/* How the kernel counts: a kill below is one of the cgroup above too. */
static void kills(const char *own, const char *above)
{
	scratch_file("c/memory.events", own);
	scratch_file("memory.events", above);
}

TEST(stats_oom_kills_that_are_new_are_told)
{
	struct oom_watch watch = OOM_WATCH_NONE;
	cleanup_fd int cgroup = -1;

	CHECK_INT(mkdirat(scratch_dir(), "c", 0700), 0);
	kills("low 0\noom 3\noom_kill 2\noom_group_kill 0\n", "oom_kill 5\n");
	cgroup = open(arena_printf(&arena, "%s/c", scratch_path()), O_PATH | O_CLOEXEC);
	CHECK_INT(oom_watch_open(&watch, cgroup, &err), 0);
	CHECK_INT(oom_watch_read(&watch, &err), 0);
	kills("low 0\noom 4\noom_kill 4\noom_group_kill 0\n", "oom_kill 7\n");
	CHECK_INT(oom_watch_read(&watch, &err), 1);
	CHECK_INT(oom_watch_read(&watch, &err), 0);
	/* those of others are not its own */
	kills("low 0\noom 4\noom_kill 4\noom_group_kill 0\n", "oom_kill 9\n");
	CHECK_INT(oom_watch_read(&watch, &err), 0);
	oom_watch_close(&watch);
	CHECK_INT(oom_watch_read(&watch, &err), 0);
	arena_free(&arena);
}

TEST(stats_oom_kills_without_a_memory_controller_are_none)
{
	struct oom_watch watch = OOM_WATCH_NONE;

	CHECK_INT(oom_watch_open(&watch, scratch_dir(), &err), 0);
	CHECK_INT(watch.own.events, -1);
	CHECK_INT(oom_watch_read(&watch, &err), 0);
	oom_watch_close(&watch);
}

/* A file with the folders above it. */
static void deep_file(const char *name, const char *text)
{
	char *path = arena_strdup(&arena, name);

	for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		CHECK(mkdirat(AT_FDCWD, arena_printf(&arena, "%s/%s", scratch_path(), path),
			      0700) == 0 ||
		      errno == EEXIST);
		*slash = '/';
	}
	scratch_file(name, text);
}

static void resctrl_files(void)
{
	static const char *const files[][2] = {
		{ "info/L3/cbm_mask", "fff\n" },
		{ "info/L3/min_cbm_bits", "1\n" },
		{ "info/L3/num_closids", "16\n" },
		{ "info/MB/bandwidth_gran", "10\n" },
		{ "info/MB/delay_linear", "1\n" },
		{ "info/MB/min_bandwidth", "20\n" },
		{ "info/MB/num_closids", "8\n" },
		{ "schemata", "    MB:0=100;1=100\n    L3:0=fff;1=fff\n" },
		{ "web/schemata", "    MB:0=20;1=70\n    L3:0=f;1=f0\n" },
		{ "web/mon_data/mon_L3_01/llc_occupancy", "4096\n" },
		{ "web/mon_data/mon_L3_01/mbm_total_bytes", "100\n" },
		{ "web/mon_data/mon_L3_01/mbm_local_bytes", "50\n" },
		{ "web/mon_data/mon_L3_00/llc_occupancy", "Unavailable\n" },
		{ "web/mon_data/mon_L3_00/mbm_total_bytes", "7\n" },
		{ "web/mon_data/mon_L3_00/mbm_local_bytes", "6\n" },
		{ "web/mon_groups/web/mon_data/mon_L3_00/llc_occupancy", "512\n" },
	};

	scratch_dir();
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		deep_file(files[i][0], files[i][1]);
}

static struct intel_rdt_stats resctrl_stats(const char *group, const char *monitor)
{
	const struct resctrl_groups groups = {
		.group = arena_printf(&arena, "%s/%s", scratch_path(), group),
		.monitor = monitor ? arena_printf(&arena, "%s/%s", scratch_path(), monitor) : NULL,
	};
	struct intel_rdt_stats stats = { 0 };

	CHECK_INT(resctrl_stats_read(&groups, &arena, &stats, &err), 0);
	return stats;
}

TEST(stats_of_a_resctrl_group)
{
	struct intel_rdt_stats stats;

	resctrl_files();
	stats = resctrl_stats("web", NULL);
	CHECK_STRING(stats.l3_cache_info->cbm_mask, "fff");
	CHECK_INT(stats.l3_cache_info->min_cbm_bits, 1);
	CHECK_INT(stats.l3_cache_info->num_closids, 16);
	CHECK_INT(stats.memory_bandwidth_info->bandwidth_gran, 10);
	CHECK_INT(stats.memory_bandwidth_info->delay_linear, 1);
	CHECK_INT(stats.memory_bandwidth_info->min_bandwidth, 20);
	CHECK_INT(stats.memory_bandwidth_info->num_closids, 8);
	CHECK_STRING(stats.l3_cache_schema_root, "L3:0=fff;1=fff");
	CHECK_STRING(stats.l3_cache_schema, "L3:0=f;1=f0");
	CHECK_STRING(stats.memory_bandwidth_schema_root, "MB:0=100;1=100");
	CHECK_STRING(stats.memory_bandwidth_schema, "MB:0=20;1=70");
	CHECK_INT(stats.mbm.count, 2);
	CHECK_INT(stats.mbm.items[0].total_bytes, 7);
	CHECK_INT(stats.mbm.items[1].local_bytes, 50);
	CHECK_INT(stats.cmt.count, 2);
	CHECK_INT(stats.cmt.items[0].llc_occupancy, 0);
	CHECK_INT(stats.cmt.items[1].llc_occupancy, 4096);
	arena_free(&arena);
}

TEST(stats_of_a_resctrl_monitoring_group_are_its_own)
{
	struct intel_rdt_stats stats;

	resctrl_files();
	stats = resctrl_stats("web", "web/mon_groups/web");
	CHECK_INT(stats.cmt.count, 1);
	CHECK_INT(stats.cmt.items[0].llc_occupancy, 512);
	CHECK_INT(stats.mbm.count, 0);
	/* the class that all belong to is the filesystem's root */
	stats = resctrl_stats("", NULL);
	CHECK_STRING(stats.l3_cache_schema, "L3:0=fff;1=fff");
	CHECK_STRING(stats.l3_cache_schema_root, "L3:0=fff;1=fff");
	CHECK_INT(stats.cmt.count, 0);
	arena_free(&arena);
}

TEST(stats_of_a_resctrl_group_that_is_gone_or_never_was_are_none)
{
	const struct resctrl_groups none = { 0 };
	struct intel_rdt_stats stats = { 0 };

	scratch_dir();
	CHECK_INT(resctrl_stats_read(&none, &arena, &stats, &err), 0);
	stats = resctrl_stats("web", NULL);
	CHECK(!stats.l3_cache_info && !stats.l3_cache_schema && !stats.memory_bandwidth_info);
	CHECK(!stats.mbm.count && !stats.cmt.count);
	arena_free(&arena);
}
