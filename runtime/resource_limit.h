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
 * Sets them for process pid, 0 being the caller; allocates nothing. Raising a hard limit needs
 * CAP_SYS_RESOURCE in the first user namespace: where the container has one of its own, only the
 * parent can do that. Call it as late as possible: a small RLIMIT_NOFILE or RLIMIT_FSIZE hits the
 * set-up too.
 */
int resource_limits_apply(const struct resource_limits *plan, pid_t pid, struct error *err);
