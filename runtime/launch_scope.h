/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/launch.h"

/*
 * Containers whose cgroup is a unit of systemd. Where the plan has none of these does anything.
 */

/*
 * Which manager a container is to be one of: the system's, or the user's for a user other than
 * root and for root of a user namespace that a user has made for himself. NULL on failure.
 */
struct systemd_options *launch_scope_options(struct arena *arena, struct error *err);

/*
 * Starts the unit of the plan and takes over where its cgroup is. From here on launch->cgroup_path
 * is that of the unit, which is what goes at the end.
 */
int launch_scope_start(struct launch *launch, struct error *err);

/* The step behind the clone: the companion leaves, and the limit of processes holds. */
int launch_scope_settle(struct launch *launch, struct error *err);

/*
 * The undo: kills what is in the cgroup and has systemd forget the unit. If systemd cannot be
 * asked that is only a warning: a scope without processes ends by itself.
 */
void launch_scope_stop(struct launch *launch);
