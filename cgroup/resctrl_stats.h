/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/resctrl.h"
#include "specs/events.h"

/*
 * Fills what the resctrl filesystem says of a container's groups: the hardware's bounds, the
 * schemata of all and of its class, and what was counted, in its monitoring group if it has one.
 * Without a group, or one that is gone: nothing.
 */
int resctrl_stats_read(const struct resctrl_groups *groups, struct arena *arena,
		       struct intel_rdt_stats *stats, struct error *err);
