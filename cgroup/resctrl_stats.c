/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/resctrl_stats.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cgroup/stats_reader.h"

/* A machine has one for each L3 cache: a socket, or a part of one. */
#define MAX_CACHES 256

/* The mount: the group itself for the class of all, else the folder that it lies in. */
static int open_root(int group)
{
	if (faccessat(group, "info", F_OK, 0) == 0)
		return fcntl(group, F_DUPFD_CLOEXEC, 3);
	return openat(group, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* The line of resource ("L3") in a schemata file, which indents them; NULL: it has none. */
static int read_schema(const struct stats_reader *reader, const char *resource, char **schema)
{
	size_t length = strlen(resource);
	char *text, *line;

	*schema = NULL;
	if (stats_read_text(reader, "schemata", &text) < 0)
		return -1;
	while (!*schema && (line = strsep(&text, "\n"))) {
		line += strspn(line, " ");
		if (strncmp(line, resource, length) == 0 && line[length] == ':')
			*schema = line;
	}
	return 0;
}

static int read_schemata(const struct stats_reader *root, const struct stats_reader *group,
			 struct intel_rdt_stats *stats)
{
	if (read_schema(root, "L3", &stats->l3_cache_schema_root) < 0 ||
	    read_schema(group, "L3", &stats->l3_cache_schema) < 0 ||
	    read_schema(root, "MB", &stats->memory_bandwidth_schema_root) < 0)
		return -1;
	return read_schema(group, "MB", &stats->memory_bandwidth_schema);
}

static int read_cache_info(const struct stats_reader *root, struct intel_rdt_stats *stats)
{
	struct l3_cache_info info = { 0 };

	if (stats_read_text(root, "info/L3/cbm_mask", &info.cbm_mask) < 0 ||
	    stats_read_value(root, "info/L3/min_cbm_bits", &info.min_cbm_bits) < 0 ||
	    stats_read_value(root, "info/L3/num_closids", &info.num_closids) < 0)
		return -1;
	info.cbm_mask[strcspn(info.cbm_mask, "\n")] = '\0';
	if (!info.cbm_mask[0])
		return 0;
	stats->l3_cache_info = arena_new(root->arena, struct l3_cache_info);
	*stats->l3_cache_info = info;
	return 0;
}

static int read_bandwidth_info(const struct stats_reader *root, struct intel_rdt_stats *stats)
{
	struct memory_bandwidth_info info = { 0 };

	if (stats_read_value(root, "info/MB/bandwidth_gran", &info.bandwidth_gran) < 0 ||
	    stats_read_value(root, "info/MB/delay_linear", &info.delay_linear) < 0 ||
	    stats_read_value(root, "info/MB/min_bandwidth", &info.min_bandwidth) < 0 ||
	    stats_read_value(root, "info/MB/num_closids", &info.num_closids) < 0)
		return -1;
	if (!info.num_closids)
		return 0;
	stats->memory_bandwidth_info = arena_new(root->arena, struct memory_bandwidth_info);
	*stats->memory_bandwidth_info = info;
	return 0;
}

static int compare_names(const void *left, const void *right)
{
	return strverscmp(*(char *const *)left, *(char *const *)right);
}

/* The folders mon_data/mon_L3_NN in the order of their numbers. */
static size_t list_caches(const struct stats_reader *reader, char *names[MAX_CACHES])
{
	struct error ignored; /* no monitoring in this hardware, or the group is gone */
	cleanup_dir DIR *dir = open_dir_at(reader->dirfd, "mon_data", &ignored);
	const struct dirent *entry;
	size_t count = 0;

	while (dir && count < MAX_CACHES && (entry = readdir(dir)))
		if (strncmp(entry->d_name, "mon_L3_", strlen("mon_L3_")) == 0)
			names[count++] = arena_printf(reader->arena, "mon_data/%s", entry->d_name);
	qsort(names, count, sizeof(*names), compare_names);
	return count;
}

static bool has_file(const struct stats_reader *reader, const char *folder, const char *name)
{
	return faccessat(reader->dirfd, arena_printf(reader->arena, "%s/%s", folder, name), F_OK,
			 0) == 0;
}

static int read_count(const struct stats_reader *reader, const char *folder, const char *name,
		      uint64_t *value)
{
	return stats_read_value(reader, arena_printf(reader->arena, "%s/%s", folder, name), value);
}

static int read_counts(const struct stats_reader *reader, struct intel_rdt_stats *stats)
{
	char *caches[MAX_CACHES];
	const size_t count = list_caches(reader, caches);

	stats->mbm.items = arena_array(reader->arena, struct mbm_stats, count);
	stats->cmt.items = arena_array(reader->arena, struct cmt_stats, count);
	for (size_t i = 0; i < count; i++) {
		struct mbm_stats *mbm = &stats->mbm.items[i];
		struct cmt_stats *cmt = &stats->cmt.items[i];

		if (read_count(reader, caches[i], "mbm_total_bytes", &mbm->total_bytes) < 0 ||
		    read_count(reader, caches[i], "mbm_local_bytes", &mbm->local_bytes) < 0 ||
		    read_count(reader, caches[i], "llc_occupancy", &cmt->llc_occupancy) < 0)
			return -1;
	}
	/* hardware may count but one of them */
	if (count && (has_file(reader, caches[0], "mbm_total_bytes") ||
		      has_file(reader, caches[0], "mbm_local_bytes")))
		stats->mbm.count = count;
	if (count && has_file(reader, caches[0], "llc_occupancy"))
		stats->cmt.count = count;
	return 0;
}

int resctrl_stats_read(const struct resctrl_groups *groups, struct arena *arena,
		       struct intel_rdt_stats *stats, struct error *err)
{
	cleanup_fd int group = -1, monitor = -1, root = -1;

	if (groups->group)
		group = open(groups->group, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (group >= 0)
		root = open_root(group);
	if (root < 0)
		return 0;
	if (groups->monitor)
		monitor = open(groups->monitor, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct stats_reader root_reader = { root, arena, err };
	const struct stats_reader group_reader = { group, arena, err };
	const struct stats_reader counts = { monitor >= 0 ? monitor : group, arena, err };

	if (read_cache_info(&root_reader, stats) < 0 ||
	    read_bandwidth_info(&root_reader, stats) < 0 ||
	    read_schemata(&root_reader, &group_reader, stats) < 0 ||
	    read_counts(&counts, stats) < 0)
		return fail_in(err, "%s", groups->group);
	return 0;
}
