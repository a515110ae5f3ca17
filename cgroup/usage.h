/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "specs/optional.h"

/*
 * What the processes of a cgroup use: the few figures that people look at, without all others of
 * cgroup/stats.h. What this kernel or hierarchy does not measure is not set.
 */
struct cgroup_usage {
	struct opt_uint cpu;	       /* nanoseconds of all processors together */
	struct opt_uint memory;	       /* bytes, without what of files can be dropped at once */
	struct opt_uint memory_limit;  /* not set: none */
	struct opt_uint read, written; /* bytes, of all disks */
	struct opt_uint pids;	       /* tasks; counted where there is no pids controller */
};

/* Of cgroup dirfd. Where that is gone nothing is set. */
int cgroup_usage_read(int dirfd, struct arena *arena, struct cgroup_usage *usage,
		      struct error *err);
