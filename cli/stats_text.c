/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/stats_text.h"

#include <inttypes.h>

#include "base/macro.h"

#define UNKNOWN "--"
#define SECOND UINT64_C(1000000000)

/* Powers of 1000, four digits. */
static const char *bytes_text(struct arena *arena, const struct opt_uint *bytes)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double value = (double)bytes->value;
	size_t unit = 0;

	if (!bytes->set)
		return UNKNOWN;
	for (; value >= 1000 && unit + 1 < ARRAY_SIZE(units); unit++)
		value /= 1000;
	return arena_printf(arena, "%.4g%s", value, units[unit]);
}

static const char *pair_text(struct arena *arena, const struct opt_uint *left,
			     const struct opt_uint *right)
{
	return arena_printf(arena, "%s / %s", bytes_text(arena, left), bytes_text(arena, right));
}

static const char *percent_text(struct arena *arena, double part, double whole)
{
	return whole > 0 ? arena_printf(arena, "%.2f%%", part / whole * 100) : UNKNOWN;
}

/* "250ms", "3.5s", "2m3.5s", "5h0m1s" */
static const char *duration_text(struct arena *arena, uint64_t nanoseconds)
{
	const uint64_t minutes = nanoseconds / (60 * SECOND), hours = minutes / 60;
	const double seconds = (double)(nanoseconds % (60 * SECOND)) / (double)SECOND;

	if (nanoseconds < SECOND)
		return arena_printf(arena, "%.6gms", seconds * 1000);
	if (!minutes)
		return arena_printf(arena, "%.6gs", seconds);
	if (!hours)
		return arena_printf(arena, "%" PRIu64 "m%.4gs", minutes, seconds);
	return arena_printf(arena, "%" PRIu64 "h%" PRIu64 "m%.0fs", hours, minutes % 60, seconds);
}

static const char *average_text(struct arena *arena, const struct container_usage *usage)
{
	if (!usage->cgroup.cpu.set || !usage->begun || usage->taken <= usage->begun)
		return UNKNOWN;
	return percent_text(arena, (double)usage->cgroup.cpu.value,
			    (double)(usage->taken - usage->begun));
}

/* One that has been started again since has less than before. */
static const char *cpu_text(struct arena *arena, const struct container_usage *usage,
			    const struct container_usage *before)
{
	const struct opt_uint *cpu = &usage->cgroup.cpu;

	if (!before || !before->cgroup.cpu.set || before->begun != usage->begun ||
	    before->cgroup.cpu.value > cpu->value)
		return average_text(arena, usage);
	return cpu->set ? percent_text(arena, (double)(cpu->value - before->cgroup.cpu.value),
				       (double)(usage->taken - before->taken))
			: UNKNOWN;
}

struct stats_text stats_text(struct arena *arena, const struct container_usage *usage,
			     const struct container_usage *before)
{
	const struct cgroup_usage *cgroup = &usage->cgroup;
	struct opt_uint limit = cgroup->memory_limit;

	/* one without a limit, or with one that is higher than that, can use the machine's */
	if (cgroup->memory.set && (!limit.set || limit.value > usage->host_memory))
		limit = (struct opt_uint){ .set = true, .value = usage->host_memory };
	return (struct stats_text){
		.cpu_percent = cpu_text(arena, usage, before),
		.average_cpu = average_text(arena, usage),
		.cpu_time = cgroup->cpu.set ? duration_text(arena, cgroup->cpu.value) : UNKNOWN,
		.memory = pair_text(arena, &cgroup->memory, &limit),
		.memory_percent = percent_text(arena, (double)cgroup->memory.value,
					       limit.set ? (double)limit.value : 0),
		.network = pair_text(arena, &usage->received, &usage->sent),
		.block = pair_text(arena, &cgroup->read, &cgroup->written),
		.pids = cgroup->pids.set ? arena_printf(arena, "%" PRIu64, cgroup->pids.value)
					 : UNKNOWN,
	};
}

void stats_text_write(struct json_writer *writer, const char *id, struct stats_text text)
{
	const struct {
		const char *key, *value;
	} members[] = {
		{ "id", id },
		{ "name", id },
		{ "cpu_time", text.cpu_time },
		{ "cpu_percent", text.cpu_percent },
		{ "avg_cpu", text.average_cpu },
		{ "mem_usage", text.memory },
		{ "mem_percent", text.memory_percent },
		{ "net_io", text.network },
		{ "block_io", text.block },
		{ "pids", text.pids },
	};

	json_begin_object(writer);
	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		json_write_key(writer, members[i].key);
		json_write_string(writer, members[i].value);
	}
	json_end_object(writer);
}
