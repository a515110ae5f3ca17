/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/* process.rlimits (getrlimit(2)). */
struct resource_limit {
	int resource;	  /* RLIMIT_* */
	const char *name; /* "RLIMIT_NOFILE" */
	size_t index;	  /* in process.rlimits, for messages */
	struct rlimit limit;
};

struct resource_limits {
	struct resource_limit *items;
	size_t count;
};

/* Unknown types, repeated types and a soft limit above the hard one are refused. */
int resource_limits_plan(struct arena *arena, const struct spec_process *process,
			 struct resource_limits *plan, struct error *err);

/*
 * Parent side, right behind the clone: makes room below the hard limits of process pid where the
 * spec wants more than ctr has itself, which needs CAP_SYS_RESOURCE in the first user namespace.
 * The limits in force stay as they are.
 */
int resource_limits_raise(const struct resource_limits *plan, pid_t pid, struct error *err);

/*
 * Child side: sets them. As late as possible, because a small RLIMIT_NOFILE hits the set-up too,
 * but before the seccomp filter, which need not allow prlimit(2).
 */
int resource_limits_apply(const struct resource_limits *plan, struct error *err);
