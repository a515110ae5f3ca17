/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/launch.h"

/*
 * The step between the two sides: clones the container's first process, in its cgroup and all its
 * new namespaces at once, and sets launch->pid and launch->pidfd. The child does not return from
 * it: it is init_main() then.
 */
int launch_clone(struct launch *launch, struct error *err);

/* The undo: kills it and waits for its end. "Gone already" and "not cloned" are fine. */
int launch_kill(struct launch *launch, struct error *err);
