/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "runtime/launch.h"

/* Parent side, steps of launch_create(): linux.intelRdt (cgroup/resctrl.h). */

/* Before the clone: makes the groups, and says in the state what there is. */
int launch_resctrl_make(struct launch *launch, struct error *err);

/* Behind it, while the child waits: what it becomes is in the groups from its first instruction. */
int launch_resctrl_enter(struct launch *launch, struct error *err);

/* Also for delete: what the saved state names. */
int launch_resctrl_remove(struct launch *launch, struct error *err);
