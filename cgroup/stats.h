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
