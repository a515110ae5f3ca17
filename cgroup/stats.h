/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "specs/events.h"

/*
 * Fills what the files of cgroup dirfd say: cpu, cpuset, memory, pids, blkio, hugetlb. What this
 * kernel or hierarchy does not have, and everything of a cgroup that is gone, stays as it is; but
 * pids.current is counted where there is no pids controller.
 */
int cgroup_stats_read(int dirfd, struct arena *arena, struct stats *stats, struct error *err);

/*
 * How often the kernel has killed for lack of memory in the cgroup and below it, from an open
 * memory.events, which poll(2) tells with POLLPRI. Returns 1 and leaves *kills when the cgroup is
 * gone.
 */
int cgroup_oom_kills(int memory_events, uint64_t *kills, struct error *err);
