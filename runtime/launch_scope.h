/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/launch.h"

/* Containers whose cgroup is a unit of systemd. */

/*
 * Which manager a container is to be one of: the system's, or the user's for a user other than
 * root and for root of a user namespace that a user has made for himself. NULL on failure.
 */
struct systemd_options *launch_scope_options(struct arena *arena, struct error *err);

/*
 * Starts the unit of the plan, takes over where its cgroup is and limits that. launch->cgroup_path
 * is that of the unit then, which is what goes at the end.
 */
int launch_scope_make(struct launch *launch, struct error *err);

/*
 * The step behind the clone: the companion leaves, and the limit of processes holds. Without a
 * unit nothing is done, as in launch_scope_stop().
 */
int launch_scope_settle(struct launch *launch, struct error *err);

/*
 * The undo: kills what is in the cgroup and has systemd forget the unit. If systemd cannot be
 * asked that is only a warning: a scope without processes ends by itself.
 */
void launch_scope_stop(struct launch *launch);
