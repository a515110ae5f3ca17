/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch_net.h"

#include <fcntl.h>
#include <stdio.h>

#include "base/fd.h"
#include "net/devices.h"

/* The network namespace that the container is in. The descriptor is the caller's. */
static int open_netns(const struct launch *launch, struct error *err)
{
	const int joined = launch->namespaces.fds[NAMESPACE_NETWORK];
	char path[32];
	int netns;

	snprintf(path, sizeof(path), "%d/ns/net", (int)launch->pid);
	netns = joined >= 0 ? fcntl(joined, F_DUPFD_CLOEXEC, 3)
			    : openat(launch->proc, path, O_RDONLY | O_CLOEXEC);
	return netns < 0 ? fail_errno(err, "open the container's network namespace") : netns;
}

/* The descriptor holds the namespace, and the devices in it, when the child dies of a failure. */
int launch_net_move(struct launch *launch, struct error *err)
{
	struct net_devices_plan *plan = &launch->plan->net_devices;

	if (!plan->count)
		return 0;
	launch->netns = open_netns(launch, err);
	if (launch->netns < 0)
		return -1;
	return net_devices_apply(launch->arena, plan, launch->netns, err);
}

int launch_net_return(struct launch *launch, struct error *err)
{
	int result = 0;

	if (launch->netns >= 0)
		result = net_devices_remove(launch->arena, &launch->plan->net_devices,
					    launch->netns, err);
	close_fd(&launch->netns);
	return result;
}
