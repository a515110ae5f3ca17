/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/address.h"
#include "specs/runtime_spec.h"

/*
 * linux.netDevices: network devices of the host that become the container's (config-linux.md,
 * "Network Devices"): moved into its network namespace, renamed if asked, with their permanent
 * addresses of global scope, and up. Afterwards they belong to that namespace. When it ends the
 * kernel gives physical devices back to the host and removes virtual ones; the specification
 * forbids a runtime to do it.
 */

struct net_device {
	const char *host_name, *name; /* name may be a template: "eth%d" */
	/* Filled by net_devices_apply(), for net_devices_remove(). */
	bool moved, was_up;
	int host_index, index; /* on the host, and in the container */
	struct address_list addresses;
};

struct net_devices_plan {
	struct net_device *items;
	size_t count;
};

/* Pure: names that the kernel would not take and names given twice are refused by member. */
int net_devices_plan(struct arena *arena, const struct spec_linux *linux_spec,
		     struct net_devices_plan *plan, struct error *err);

/*
 * Parent side, in the host's network namespace: moves all of them into netns, an open network
 * namespace. A failure may leave some moved.
 */
int net_devices_apply(struct arena *arena, struct net_devices_plan *plan, int netns,
		      struct error *err);

/*
 * For a container that did not come to be: moves back what was moved, with name, addresses and
 * state that it had. Accepts that nothing was.
 */
int net_devices_remove(struct arena *arena, struct net_devices_plan *plan, int netns,
		       struct error *err);
