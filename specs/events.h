/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "specs/uint_map.h"

/*
 * What `events` writes, a JSON document a line, in the shape of runc's types/events.go, which
 * go-runc and others read. Members of cgroup v1 that v2 has not are 0, or left out where runc
 * leaves out zeros. Times are nanoseconds, sizes bytes; UINT64_MAX as a limit means none.
 */

struct psi_share {
	double avg10, avg60, avg300; /* percent of the last 10, 60, 300 seconds */
	uint64_t total;		     /* microseconds */
};

/* Pressure stall information: some tasks were held up, all were. */
struct psi_stats {
	struct psi_share some, full;
};

struct cpu_usage_stats {
	uint64_t total, kernel, user;
};

struct throttling_stats {
	uint64_t periods, throttled_periods, throttled_time;
};

struct cpu_stats {
	struct cpu_usage_stats usage;
	struct throttling_stats throttling;
	struct psi_stats *psi; /* NULL: this kernel does not measure it; so below */
};

struct stats_numbers {
	uint32_t *items;
	size_t count;
};

struct cpuset_stats {
	struct stats_numbers cpus, mems; /* those that are allowed in effect */
	uint64_t only_v1;		 /* 0: flags that v2 has not */
};

struct memory_entry {
	uint64_t limit, usage;
	uint64_t max;	  /* the highest usage so far */
	uint64_t failcnt; /* how often the limit was met */
};

struct memory_stats {
	uint64_t cache;
	struct memory_entry usage;
	struct memory_entry swap; /* with the memory, as v1 counted */
	struct memory_entry kernel, kernel_tcp;
	struct uint_map raw; /* memory.stat */
	struct psi_stats *psi;
};

struct pids_stats {
	uint64_t current, limit; /* limit 0: none */
};

struct blkio_entry {
	uint64_t major, minor;
	const char *op; /* "Read" or "Write" */
	uint64_t value;
};

struct blkio_entries {
	struct blkio_entry *items;
	size_t count;
};

struct blkio_stats {
	struct blkio_entries service_bytes; /* bytes that were moved */
	struct blkio_entries serviced;	    /* requests */
	struct psi_stats *psi;
};

struct hugetlb_stats {
	char *size; /* of its pages: "2MB" */
	uint64_t usage, max, failcnt;
};

struct l3_cache_info {
	char *cbm_mask;
	uint64_t min_cbm_bits, num_closids;
};

struct memory_bandwidth_info {
	uint64_t bandwidth_gran, delay_linear, min_bandwidth, num_closids;
};

struct mbm_stats {
	uint64_t total_bytes, local_bytes;
};

struct cmt_stats {
	uint64_t llc_occupancy;
};

/* Of a resctrl group (Documentation/filesystems/resctrl.rst). */
struct intel_rdt_stats {
	struct l3_cache_info *l3_cache_info;
	char *l3_cache_schema_root, *l3_cache_schema;
	struct memory_bandwidth_info *memory_bandwidth_info;
	char *memory_bandwidth_schema_root, *memory_bandwidth_schema;
	struct {
		struct mbm_stats *items;
		size_t count;
	} mbm; /* one for each L3 cache */
	struct {
		struct cmt_stats *items;
		size_t count;
	} cmt;
};

struct interface_stats {
	char *name;
	uint64_t rx_bytes, rx_packets, rx_errors, rx_dropped;
	uint64_t tx_bytes, tx_packets, tx_errors, tx_dropped;
};

struct interfaces_stats {
	struct interface_stats *items;
	size_t count;
};

struct stats {
	struct cpu_stats cpu;
	struct cpuset_stats cpuset;
	struct memory_stats memory;
	struct pids_stats pids;
	struct blkio_stats blkio;
	struct {
		struct hugetlb_stats *items;
		size_t count;
	} hugetlb;
	struct intel_rdt_stats intel_rdt;
	struct interfaces_stats interfaces;
};

struct event {
	const char *type;   /* "stats" or "oom" */
	const char *id;	    /* of the container */
	struct stats *data; /* NULL: none */
};

/* The document in one line, without a newline. */
char *event_encode(struct arena *arena, const struct event *event, size_t *size);
