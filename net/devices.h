/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * linux.netDevices: network devices of the host that become the container's (config-linux.md,
 * "Network Devices"): moved into its network namespace, renamed if asked, with their permanent
 * addresses of global scope, and up. Afterwards they belong to that namespace. When it ends the
 * kernel gives physical devices back to the host and removes virtual ones; the specification
 * forbids a runtime to do it. ctr-net moves them (net/device_move.h).
 */

struct net_device {
	const char *host_name, *name; /* name may be a template: "eth%d" */
};

struct net_devices_plan {
	struct net_device *items;
	size_t count;
};

/* Pure: names that the kernel would not take and names given twice are refused by member. */
int net_devices_plan(struct arena *arena, const struct spec_linux *linux_spec,
		     struct net_devices_plan *plan, struct error *err);
