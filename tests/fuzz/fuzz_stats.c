/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a cgroup and /proc/PID/net/dev, odd or cut off: each parser gets the same text. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cgroup/stats_parse.h"
#include "net/interfaces.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_share(const struct psi_share *share)
{
	if (!isfinite(share->avg10) || !isfinite(share->avg60) || !isfinite(share->avg300) ||
	    share->avg10 < 0 || share->avg60 < 0 || share->avg300 < 0)
		abort();
}

static void check_list(const struct stats_numbers *numbers)
{
	for (size_t i = 0; i < numbers->count; i++)
		if (numbers->items[i] > 65535 || (i && numbers->items[i] <= numbers->items[i - 1]))
			abort();
}

static void check_pairs(const struct uint_map *pairs)
{
	for (size_t i = 0; i < pairs->count; i++)
		if (!pairs->items[i].key[0] || strpbrk(pairs->items[i].key, " \n"))
			abort();
}

static void check_entries(const struct blkio_entries *entries)
{
	for (size_t i = 0; i < entries->count; i++)
		if (!entries->items[i].op)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	const char *text = arena_strndup(&arena, (const char *)data, size);
	const struct psi_stats *psi = stats_parse_psi(&arena, text);
	const struct uint_map pairs = stats_parse_pairs(&arena, text);
	struct stats stats = { .interfaces = interfaces_parse(&arena, text) };
	const struct event event = { .type = "stats", .id = "fuzz", .data = &stats };

	if (psi) {
		check_share(&psi->some);
		check_share(&psi->full);
	}
	check_pairs(&pairs);
	stats.memory.raw = pairs;
	stats.cpuset.cpus = stats_parse_list(&arena, text);
	check_list(&stats.cpuset.cpus);
	stats_parse_cpu(&arena, text, &stats.cpu);
	stats_parse_io(&arena, text, &stats.blkio);
	check_entries(&stats.blkio.serviced);
	check_entries(&stats.blkio.service_bytes);
	stats.memory.usage.usage = stats_parse_value(text);
	if (!event_encode(&arena, &event, NULL)[0])
		abort();
	return 0;
}
