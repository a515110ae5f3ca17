/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/devices.h"

/*
 * What a plan of linux.netDevices (net/devices.h) does to the kernel: devices of the host are moved
 * into a network namespace, with their permanent addresses of global scope, and set up.
 */

struct device_moves {
	struct device_move *items;
	size_t count;
};

/*
 * In the host's network namespace: moves all of them into netns, an open network namespace. A failure
 * may leave some moved.
 */
int device_moves_apply(struct arena *arena, const struct net_devices_plan *plan, int netns,
		       struct device_moves *moves, struct error *err);

/*
 * For a container that did not come to be: moves back what was moved, with name, addresses and state
 * that it had. Accepts that nothing was (all zeros too).
 */
int device_moves_remove(struct arena *arena, struct device_moves *moves, int netns,
			struct error *err);
