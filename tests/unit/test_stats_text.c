/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stats_text.h"

#include "tests/unit/unit.h"

static struct arena arena;

#define SET(number)                                                                                \
	{                                                                                          \
		.set = true, .value = (number)                                                     \
	}
#define SECONDS(number) ((uint64_t)((number)*1e9))

/* A minute old, with a second of processor time. */
static const struct container_usage full = {
	.id = "web",
	.running = true,
	.cgroup = {
		.cpu = SET(SECONDS(1)),
		.memory = SET(12500000),
		.memory_limit = SET(50000000),
		.read = SET(999),
		.written = SET(1000),
		.pids = SET(7),
	},
	.received = SET(1234567),
	.sent = SET(0),
	.taken = SECONDS(100),
	.begun = SECONDS(40),
	.host_memory = 8000000000,
};

TEST(stats_are_shown_as_podman_shows_them)
{
	const struct stats_text text = stats_text(&arena, &full, NULL);

	CHECK_STRING(text.cpu_percent, "1.67%");
	CHECK_STRING(text.average_cpu, "1.67%");
	CHECK_STRING(text.cpu_time, "1s");
	CHECK_STRING(text.memory, "12.5MB / 50MB");
	CHECK_STRING(text.memory_percent, "25.00%");
	CHECK_STRING(text.network, "1.235MB / 0B");
	CHECK_STRING(text.block, "999B / 1kB");
	CHECK_STRING(text.pids, "7");
	arena_free(&arena);
}

TEST(stats_that_are_not_measured_are_shown_as_unknown)
{
	const struct container_usage none = { .id = "web", .taken = SECONDS(3) };
	const struct stats_text text = stats_text(&arena, &none, &none);

	CHECK_STRING(text.cpu_percent, "--");
	CHECK_STRING(text.average_cpu, "--");
	CHECK_STRING(text.cpu_time, "--");
	CHECK_STRING(text.memory, "-- / --");
	CHECK_STRING(text.memory_percent, "--");
	CHECK_STRING(text.network, "-- / --");
	CHECK_STRING(text.block, "-- / --");
	CHECK_STRING(text.pids, "--");
	arena_free(&arena);
}

static const char *cpu_after(double seconds, double more, uint64_t begun)
{
	struct container_usage now = full;

	now.taken += SECONDS(seconds);
	now.cgroup.cpu.value += SECONDS(more);
	now.begun = begun;
	return stats_text(&arena, &now, &full).cpu_percent;
}

TEST(stats_of_the_processor_are_those_since_the_round_before)
{
	struct container_usage less = full;

	CHECK_STRING(cpu_after(2, 3, full.begun), "150.00%");
	CHECK_STRING(cpu_after(2, 0, full.begun), "0.00%");
	/* another process by now, so not to be compared with */
	CHECK_STRING(cpu_after(10, 9, SECONDS(90)), "50.00%");
	less.cgroup.cpu.value = 0;
	CHECK_STRING(stats_text(&arena, &less, &full).cpu_percent, "0.00%");
	less.cgroup.cpu.set = false;
	CHECK_STRING(stats_text(&arena, &less, &full).cpu_percent, "--");
	CHECK_STRING(stats_text(&arena, &full, &less).cpu_percent, "1.67%");
	arena_free(&arena);
}

TEST(stats_of_memory_without_a_limit_are_of_the_machines)
{
	struct container_usage usage = full;

	usage.cgroup.memory_limit.set = false;
	CHECK_STRING(stats_text(&arena, &usage, NULL).memory, "12.5MB / 8GB");
	CHECK_STRING(stats_text(&arena, &usage, NULL).memory_percent, "0.16%");
	usage.cgroup.memory_limit = (struct opt_uint)SET(9000000000);
	CHECK_STRING(stats_text(&arena, &usage, NULL).memory, "12.5MB / 8GB");
	arena_free(&arena);
}

static const char *time_of(double seconds)
{
	struct container_usage usage = full;

	usage.cgroup.cpu.value = SECONDS(seconds);
	return stats_text(&arena, &usage, NULL).cpu_time;
}

TEST(stats_have_times_of_all_lengths)
{
	CHECK_STRING(time_of(0), "0ms");
	CHECK_STRING(time_of(0.0123), "12.3ms");
	CHECK_STRING(time_of(59.5), "59.5s");
	CHECK_STRING(time_of(60), "1m0s");
	CHECK_STRING(time_of(150.25), "2m30.25s");
	CHECK_STRING(time_of(3600), "1h0m0s");
	CHECK_STRING(time_of(90061), "25h1m1s");
	arena_free(&arena);
}
