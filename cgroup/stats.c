/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/stats.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/macro.h"
#include "cgroup/stats_parse.h"
#include "cgroup/walk.h"

/* io.stat has a line for each disk, cgroup.threads one for each thread. */
#define MAX_FILE ((size_t)16 << 20)

struct reader {
	int dirfd;
	struct arena *arena;
	struct error *err;
};

/* EOPNOTSUPP is what pressure says when it is switched off (cgroup.pressure). */
static bool is_absent(int errnum)
{
	return errnum == ENOENT || errnum == ENODEV || errnum == EOPNOTSUPP;
}

/* Reads a file; *text is "" when there is none. */
static int read_text(const struct reader *reader, const char *name, char **text)
{
	static char none[] = "";
	struct error other;

	if (file_read_at(reader->dirfd, name, MAX_FILE, reader->arena, text, NULL, &other) == 0)
		return 0;
	*text = none;
	if (is_absent(other.errnum))
		return 0;
	*reader->err = other;
	return -1;
}

static int read_value(const struct reader *reader, const char *name, uint64_t *value)
{
	char *text;

	if (read_text(reader, name, &text) < 0)
		return -1;
	*value = stats_parse_value(text);
	return 0;
}

static int read_pairs(const struct reader *reader, const char *name, struct uint_map *pairs)
{
	char *text;

	if (read_text(reader, name, &text) < 0)
		return -1;
	*pairs = stats_parse_pairs(reader->arena, text);
	return 0;
}

static int read_psi(const struct reader *reader, const char *name, struct psi_stats **psi)
{
	char *text;

	if (read_text(reader, name, &text) < 0)
		return -1;
	*psi = stats_parse_psi(reader->arena, text);
	return 0;
}

static int read_cpu(const struct reader *reader, struct stats *stats)
{
	char *text;

	if (read_text(reader, "cpu.stat", &text) < 0)
		return -1;
	stats_parse_cpu(reader->arena, text, &stats->cpu);
	return read_psi(reader, "cpu.pressure", &stats->cpu.psi);
}

static int read_cpuset(const struct reader *reader, struct stats *stats)
{
	char *cpus, *mems;

	if (read_text(reader, "cpuset.cpus.effective", &cpus) < 0 ||
	    read_text(reader, "cpuset.mems.effective", &mems) < 0)
		return -1;
	stats->cpuset.cpus = stats_parse_list(reader->arena, cpus);
	stats->cpuset.mems = stats_parse_list(reader->arena, mems);
	return 0;
}

/* The files memory.current, memory.max, ... or with prefix "memory.swap" those of the swap. */
static int read_memory_entry(const struct reader *reader, const char *prefix,
			     struct memory_entry *entry)
{
	struct uint_map events;
	char name[4][32];

	snprintf(name[0], sizeof(name[0]), "%s.current", prefix);
	snprintf(name[1], sizeof(name[1]), "%s.max", prefix);
	snprintf(name[2], sizeof(name[2]), "%s.peak", prefix);
	snprintf(name[3], sizeof(name[3]), "%s.events", prefix);
	if (read_value(reader, name[0], &entry->usage) < 0 ||
	    read_value(reader, name[1], &entry->limit) < 0 ||
	    read_value(reader, name[2], &entry->max) < 0 ||
	    read_pairs(reader, name[3], &events) < 0)
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

static int read_memory(const struct reader *reader, struct stats *stats)
{
	struct memory_stats *memory = &stats->memory;

	if (read_memory_entry(reader, "memory", &memory->usage) < 0 ||
	    read_memory_entry(reader, "memory.swap", &memory->swap) < 0 ||
	    read_pairs(reader, "memory.stat", &memory->raw) < 0)
		return -1;
	add_memory(&memory->swap, &memory->usage);
	memory->cache = stats_pair(&memory->raw, "file");
	memory->kernel.usage = stats_pair(&memory->raw, "kernel");
	memory->kernel_tcp.usage = stats_pair(&memory->raw, "sock");
	return read_psi(reader, "memory.pressure", &memory->psi);
}

static int read_io(const struct reader *reader, struct stats *stats)
{
	char *text;

	if (read_text(reader, "io.stat", &text) < 0)
		return -1;
	stats_parse_io(reader->arena, text, &stats->blkio);
	return read_psi(reader, "io.pressure", &stats->blkio.psi);
}

struct tasks {
	struct arena *arena;
	uint64_t count;
};

static int count_tasks(int dirfd, void *context, struct error *err)
{
	struct tasks *tasks = context;
	const struct reader reader = { dirfd, tasks->arena, err };
	char *text;

	if (read_text(&reader, "cgroup.threads", &text) < 0)
		return -1;
	for (; (text = strchr(text, '\n')); text++)
		tasks->count++;
	return 0;
}

static int read_pids(const struct reader *reader, struct stats *stats)
{
	struct tasks tasks = { .arena = reader->arena };
	struct pids_stats *pids = &stats->pids;
	char *current;

	if (read_text(reader, "pids.current", &current) < 0 ||
	    read_value(reader, "pids.max", &pids->limit) < 0)
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

static int read_page_size(const struct reader *reader, struct hugetlb_stats *entry)
{
	const char *current = arena_printf(reader->arena, "hugetlb.%s.current", entry->size);
	const char *file = arena_printf(reader->arena, "hugetlb.%s.events", entry->size);
	struct uint_map events;

	if (read_value(reader, current, &entry->usage) < 0 || read_pairs(reader, file, &events) < 0)
		return -1;
	entry->failcnt = stats_pair(&events, "max");
	return 0;
}

/* Kernels have up to seven sizes. */
#define MAX_PAGE_SIZES 16

static int read_hugetlb(const struct reader *reader, struct stats *stats)
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
	static int (*const readers[])(const struct reader *, struct stats *) = {
		read_cpu, read_cpuset, read_memory, read_pids, read_io, read_hugetlb,
	};
	const struct reader reader = { dirfd, arena, err };

	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (readers[i](&reader, stats) < 0)
			return -1;
	return 0;
}
