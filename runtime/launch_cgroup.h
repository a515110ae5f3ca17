/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "runtime/launch.h"

/* How an ordinary user gets a part of the cgroup tree, for messages. */
#define CGROUP_DELEGATION "systemd-run --user --scope -p Delegate=yes ctr ..."

/*
 * Parent side: makes the container's cgroup as planned. Who has no privileges over the host (a
 * user namespace of its own) and may not make it there gets it beside its own cgroup when the spec
 * names none, or goes without one when no limit is asked for; then the plan and the state say so.
 */
int launch_cgroup_make(struct launch *launch, struct error *err);

/*
 * Parent side, while the child sets itself up, before a hook or the program runs in the cgroup:
 * the device program, which the kernel takes a while to verify.
 */
int launch_cgroup_devices(struct launch *launch, struct error *err);

/*
 * The step when the first process is ready: moves it into the cgroup that is delegated to the
 * container, of which its cgroup namespace, unshared before, does not make its root.
 */
int launch_cgroup_delegate(struct launch *launch, struct error *err);
