/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/stats.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/macro.h"
#include "cgroup/stats_parse.h"
#include "cgroup/stats_reader.h"
#include "cgroup/walk.h"

static int read_cpu(const struct stats_reader *reader, struct stats *stats)
{
	char *text;

	if (stats_read_text(reader, "cpu.stat", &text) < 0)
		return -1;
	stats_parse_cpu(reader->arena, text, &stats->cpu);
	return stats_read_psi(reader, "cpu.pressure", &stats->cpu.psi);
}

static int read_cpuset(const struct stats_reader *reader, struct stats *stats)
{
	char *cpus, *mems;

	if (stats_read_text(reader, "cpuset.cpus.effective", &cpus) < 0 ||
	    stats_read_text(reader, "cpuset.mems.effective", &mems) < 0)
		return -1;
	stats->cpuset.cpus = stats_parse_list(reader->arena, cpus);
	stats->cpuset.mems = stats_parse_list(reader->arena, mems);
	return 0;
}

/* The files memory.current, memory.max, ... or with prefix "memory.swap" those of the swap. */
static int read_memory_entry(const struct stats_reader *reader, const char *prefix,
			     struct memory_entry *entry)
{
	struct uint_map events;
	char name[4][32];

	snprintf(name[0], sizeof(name[0]), "%s.current", prefix);
	snprintf(name[1], sizeof(name[1]), "%s.max", prefix);
	snprintf(name[2], sizeof(name[2]), "%s.peak", prefix);
	snprintf(name[3], sizeof(name[3]), "%s.events", prefix);
	if (stats_read_value(reader, name[0], &entry->usage) < 0 ||
	    stats_read_value(reader, name[1], &entry->limit) < 0 ||
	    stats_read_value(reader, name[2], &entry->max) < 0 ||
	    stats_read_pairs(reader, name[3], &events) < 0)
		return -1;
	entry->failcnt = stats_pair(&events, "max");
	return 0;
}

/* v1 counted swap together with memory; what the sum was at most nobody knows. */
static void add_memory(struct memory_entry *swap, const struct memory_entry *memory)
{
	swap->usage += memory->usage;
	if (__builtin_add_overflow(swap->limit, memory->limit, &swap->limit))
		swap->limit = UINT64_MAX;
	swap->max = 0;
}

static int read_memory(const struct stats_reader *reader, struct stats *stats)
{
	struct memory_stats *memory = &stats->memory;

	if (read_memory_entry(reader, "memory", &memory->usage) < 0 ||
	    read_memory_entry(reader, "memory.swap", &memory->swap) < 0 ||
	    stats_read_pairs(reader, "memory.stat", &memory->raw) < 0)
		return -1;
	add_memory(&memory->swap, &memory->usage);
	memory->cache = stats_pair(&memory->raw, "file");
	memory->kernel.usage = stats_pair(&memory->raw, "kernel");
	memory->kernel_tcp.usage = stats_pair(&memory->raw, "sock");
	return stats_read_psi(reader, "memory.pressure", &memory->psi);
}

static int read_io(const struct stats_reader *reader, struct stats *stats)
{
	char *text;

	if (stats_read_text(reader, "io.stat", &text) < 0)
		return -1;
	stats_parse_io(reader->arena, text, &stats->blkio);
	return stats_read_psi(reader, "io.pressure", &stats->blkio.psi);
}

struct tasks {
	struct arena *arena;
	uint64_t count;
};

static int count_tasks(int dirfd, void *context, struct error *err)
{
	struct tasks *tasks = context;
	const struct stats_reader reader = { dirfd, tasks->arena, err };
	char *text;

	if (stats_read_text(&reader, "cgroup.threads", &text) < 0)
		return -1;
	for (; (text = strchr(text, '\n')); text++)
		tasks->count++;
	return 0;
}

int stats_read_pids(const struct stats_reader *reader, struct pids_stats *pids)
{
	struct tasks tasks = { .arena = reader->arena };
	char *current;

	if (stats_read_text(reader, "pids.current", &current) < 0 ||
	    stats_read_value(reader, "pids.max", &pids->limit) < 0)
		return -1;
	if (pids->limit == UINT64_MAX)
		pids->limit = 0;
	pids->current = stats_parse_value(current);
	if (current[0])
		return 0;
	if (cgroup_walk(reader->dirfd, count_tasks, &tasks, reader->err) < 0)
		return -1;
	pids->current = tasks.count;
	return 0;
}

static int read_pids(const struct stats_reader *reader, struct stats *stats)
{
	return stats_read_pids(reader, &stats->pids);
}

/* The SIZE of "hugetlb.SIZE.current", but not of "hugetlb.SIZE.rsvd.current"; NULL: another file.
 */
static char *page_size(struct arena *arena, const char *name)
{
	static const char begin[] = "hugetlb.", end[] = ".current";
	size_t length;

	if (strncmp(name, begin, strlen(begin)) != 0)
		return NULL;
	name += strlen(begin);
	length = strcspn(name, ".");
	return strcmp(name + length, end) == 0 ? arena_strndup(arena, name, length) : NULL;
}

static int compare_sizes(const void *left, const void *right)
{
	const struct hugetlb_stats *a = left, *b = right;

	return strverscmp(a->size, b->size);
}

static int read_page_size(const struct stats_reader *reader, struct hugetlb_stats *entry)
{
	const char *current = arena_printf(reader->arena, "hugetlb.%s.current", entry->size);
	const char *file = arena_printf(reader->arena, "hugetlb.%s.events", entry->size);
	struct uint_map events;

	if (stats_read_value(reader, current, &entry->usage) < 0 ||
	    stats_read_pairs(reader, file, &events) < 0)
		return -1;
	entry->failcnt = stats_pair(&events, "max");
	return 0;
}

/* Kernels have up to seven sizes. */
#define MAX_PAGE_SIZES 16

static int read_hugetlb(const struct stats_reader *reader, struct stats *stats)
{
	struct error other;
	cleanup_dir DIR *dir = open_dir_at(reader->dirfd, ".", &other);
	struct hugetlb_stats *items =
		arena_array(reader->arena, struct hugetlb_stats, MAX_PAGE_SIZES);
	const struct dirent *entry;
	size_t count = 0;

	while (dir && count < MAX_PAGE_SIZES && (entry = readdir(dir))) {
		items[count].size = page_size(reader->arena, entry->d_name);
		if (!items[count].size)
			continue;
		if (read_page_size(reader, &items[count]) < 0)
			return -1;
		count++;
	}
	qsort(items, count, sizeof(*items), compare_sizes);
	stats->hugetlb.items = items;
	stats->hugetlb.count = count;
	return 0;
}

int cgroup_stats_read(int dirfd, struct arena *arena, struct stats *stats, struct error *err)
{
	static int (*const readers[])(const struct stats_reader *, struct stats *) = {
		read_cpu, read_cpuset, read_memory, read_pids, read_io, read_hugetlb,
	};
	const struct stats_reader reader = { dirfd, arena, err };

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (readers[i](&reader, stats) < 0)
			return -1;
	return 0;
}
