/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * The limits of linux.resources as files of a cgroup v2 directory (Documentation/admin-guide/
 * cgroup-v2.rst). What OCI says in terms of cgroup v1 is converted as runc and crun do. What v2
 * cannot do (swappiness, disableOOMKiller, kernel memory, realtime, leaf weights, network class)
 * is an error that names the member, as in crun; values that mean "nothing asked" are accepted.
 */

enum controller {
	CONTROLLER_CPUSET,
	CONTROLLER_CPU,
	CONTROLLER_IO,
	CONTROLLER_MEMORY,
	CONTROLLER_HUGETLB,
	CONTROLLER_PIDS,
	CONTROLLER_RDMA,
	CONTROLLER_MISC,
	CONTROLLER_DMEM,
	CONTROLLER_PERF_EVENT,
	CONTROLLER_COUNT,
};

/* The name in cgroup.controllers, "memory"; that of the v1 hierarchy, "blkio" for io. */
const char *controller_name(enum controller controller);
const char *controller_v1_name(enum controller controller);

/* One write. */
struct limit {
	const char *file, *value;
	const char *member;	/* "linux.resources.memory.limit", for messages */
	const char *other_file; /* to write instead if file does not exist, or NULL */
	const char *other_value;
	bool optional; /* no file of either name: nothing to limit */
};

struct limits {
	struct limit *items; /* in the order of writing */
	size_t count;
	uint32_t controllers; /* 1 << enum controller: those that the files belong to */
	/* checkBeforeUpdate: refuse when memory.current is not below these; 0: no check */
	uint64_t memory_check, swap_check;
};

/*
 * Fills *limits from linux.resources; NULL means no limits. Everything lives in the arena. Pure.
 */
int limits_plan(struct arena *arena, const struct spec_resources *resources, struct limits *limits,
		struct error *err);

/* Writes the limits into cgroup dirfd. Allocates nothing. */
int limits_apply(int dirfd, const struct limits *limits, struct error *err);

/* Its two parts: whether the memory in use allows them (EBUSY), and one write. */
int limits_check(int dirfd, const struct limits *limits, struct error *err);
int limits_apply_one(int dirfd, const struct limit *limit, struct error *err);

/* One line a limit, "memory.max 1048576 (linux.resources.memory.limit)". */
char *limits_print(struct arena *arena, const struct limits *limits);

/*
 * cpu.weight (1..10000) for v1's cpu shares: ceil(10^((l^2 + 125 l) / 612 - 7 / 34)) with
 * l = log2(shares), so that 2, 1024, 262144 are 1, 100, 10000. 0 stays 0, "not set".
 */
uint64_t cpu_weight_of_shares(uint64_t shares);
