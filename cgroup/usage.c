/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/usage.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"
#include "cgroup/stats_parse.h"
#include "cgroup/stats_reader.h"

static void set(struct opt_uint *figure, uint64_t value)
{
	*figure = (struct opt_uint){ .set = true, .value = value };
}

static int read_cpu(const struct stats_reader *reader, struct cgroup_usage *usage)
{
	struct cpu_stats cpu = { 0 };
	char *text;

	if (stats_read_text(reader, "cpu.stat", &text) < 0)
		return -1;
	stats_parse_cpu(reader->arena, text, &cpu);
	if (*text)
		set(&usage->cpu, cpu.usage.total);
	return 0;
}

/* Pages of files that nobody has used of late count as free, as docker and podman show it. */
static int read_memory(const struct stats_reader *reader, struct cgroup_usage *usage)
{
	struct uint_map pairs;
	uint64_t current, limit, inactive;
	char *text;

	if (stats_read_text(reader, "memory.current", &text) < 0 ||
	    stats_read_value(reader, "memory.max", &limit) < 0 ||
	    stats_read_pairs(reader, "memory.stat", &pairs) < 0)
		return -1;
	if (!*text)
		return 0;
	current = stats_parse_value(text);
	inactive = stats_pair(&pairs, "inactive_file");
	set(&usage->memory, inactive < current ? current - inactive : current);
	if (limit != UINT64_MAX)
		set(&usage->memory_limit, limit);
	return 0;
}

/* Where nothing was read or written yet the file is empty. */
static int read_io(const struct stats_reader *reader, struct cgroup_usage *usage)
{
	struct blkio_stats blkio = { 0 };
	uint64_t sums[2] = { 0 };
	char *text;

	if (faccessat(reader->dirfd, "io.stat", F_OK, 0) < 0)
		return 0;
	if (stats_read_text(reader, "io.stat", &text) < 0)
		return -1;
	stats_parse_io(reader->arena, text, &blkio);
	for (size_t i = 0; i < blkio.service_bytes.count; i++) {
		const struct blkio_entry *entry = &blkio.service_bytes.items[i];

		sums[strcmp(entry->op, "Write") == 0] += entry->value;
	}
	set(&usage->read, sums[0]);
	set(&usage->written, sums[1]);
	return 0;
}

static int read_pids(const struct stats_reader *reader, struct cgroup_usage *usage)
{
	struct pids_stats pids = { 0 };

	if (stats_read_pids(reader, &pids) < 0)
		return -1;
	set(&usage->pids, pids.current);
	return 0;
}

int cgroup_usage_read(int dirfd, struct arena *arena, struct cgroup_usage *usage, struct error *err)
{
	static int (*const readers[])(const struct stats_reader *, struct cgroup_usage *) = {
		read_cpu,
		read_memory,
		read_io,
		read_pids,
	};
	const struct stats_reader reader = { dirfd, arena, err };

	*usage = (struct cgroup_usage){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (readers[i](&reader, usage) < 0)
			return -1;
	return 0;
}
