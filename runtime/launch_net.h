/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "runtime/launch.h"

/* Parent side, steps of launch_create(): linux.netDevices (net/devices.h). */

/* Right behind the clone: moves them into the container's network namespace. */
int launch_net_move(struct launch *launch, struct error *err);

/*
 * Moves them back, if the container did not come to be (launch->netns is still open); later they
 * are the namespace's.
 */
int launch_net_return(struct launch *launch, struct error *err);
