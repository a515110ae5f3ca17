/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/device_program.h"
#include "cgroup/limits.h"
#include "runtime/handle.h"
#include "specs/runtime_spec.h"

/*
 * `update`: other limits for a container that has processes. Only the files that a change speaks
 * of are written, so that what others have set there meanwhile stays; but a change is understood
 * together with what was asked for before, since some limits are made of two members (a quota
 * needs its period, v1's sum of memory and swap the memory).
 */
struct update_plan {
	struct limits limits;
	bool has_devices;		 /* the change has device rules ... */
	struct device_program devices;	 /* ... which take the place of those in force */
	struct spec_resources resources; /* what holds afterwards, to be remembered */
};

/*
 * before: what was asked for so far. zero_pids_is_limit: see plan_zero_pids_is_limit(). Pure.
 * Errors name the member.
 */
int update_plan(struct arena *arena, const struct spec_resources *before,
		const struct spec_resources *change, bool zero_pids_is_limit,
		struct update_plan *plan, struct error *err);

/* Has the container's cgroup driver do it: all of it, or nothing and an error. */
int update_apply(struct arena *arena, const struct handle *handle, const struct update_plan *plan,
		 struct error *err);

/* What was asked for so far: linux.resources of its config.json with all updates since. */
int update_read(struct arena *arena, const struct handle *handle, struct spec_resources *resources,
		struct error *err);
