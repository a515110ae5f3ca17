/* SPDX-License-Identifier: Apache-2.0 */
#include "net/links_inside.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <string.h>

#include "base/fd.h"
#include "net/host_sysctl.h"
#include "net/link_message.h"
#include "net/rate.h"

static void write_name(struct netlink_batch *batch, const struct links_plan *plan, uint32_t index)
{
	mnl_attr_put_strz(link_message(batch, "give it its name", RTM_NEWLINK, 0, index),
			  IFLA_IFNAME, plan->endpoint->interface);
}

/* Addresses, up, routes: in this order, as a route needs a link that is up. */
static void write_inside(struct netlink_batch *batch, const struct links_plan *plan, uint32_t index)
{
	const struct network_endpoint *endpoint = plan->endpoint;
	char text[ADDRESS_TEXT_SIZE];

	if (!plan->inet6)
		link_message_address_generation(batch, "keep IPv6 from it", index, false);
	for (size_t i = 0; i < endpoint->addresses.count; i++) {
		const struct ip_prefix *address = &endpoint->addresses.items[i].address;

		link_message_address(batch,
				     arena_printf(batch->arena, "give it the address %s",
						  ip_prefix_print(address, text)),
				     NLM_F_REPLACE, index, address);
	}
	link_put_up(link_message(batch, "set it up", RTM_NEWLINK, 0, index));
	for (size_t i = 0; i < endpoint->addresses.count; i++) {
		const struct network_address *address = &endpoint->addresses.items[i];

		if (links_plan_route(plan, i))
			link_message_default_route(
				batch,
				arena_printf(batch->arena, "route over %s",
					     ip_address_print(&address->gateway, text)),
				index, address->address.address.family,
				plan->has_gateway ? &address->gateway : NULL);
	}
}

static void remove_child(struct netlink *inside, struct arena *arena, uint32_t index)
{
	struct netlink_batch batch;
	struct error ignored;

	netlink_batch_begin(&batch, arena);
	link_message(&batch, "remove it", RTM_DELLINK, 0, index);
	netlink_send(inside, &batch, NULL, &ignored);
}

static int furnish(struct netlink *inside, struct arena *arena, const struct links_plan *plan,
		   const char *name, uint32_t index, struct error *err)
{
	const uint64_t rate = plan->endpoint->rate_out;
	struct netlink_batch batch;
	size_t failed = 0;

	netlink_batch_begin(&batch, arena);
	if (rate)
		rate_message(&batch, index, rate, plan->mtu);
	if (strcmp(name, plan->endpoint->interface) != 0)
		write_name(&batch, plan, index);
	write_inside(&batch, plan, index);
	if (netlink_send(inside, &batch, &failed, err) == 0)
		return 0;
	return rate ? rate_failed(failed, 0, err) : -1;
}

/* A host may have IPv6 off by default, and its namespaces with it: this network wants it. */
static int enable_ipv6(int netns, struct arena *arena, const char *interface, struct error *err)
{
	cleanup_fd int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int result;

	if (own < 0 || setns(netns, CLONE_NEWNET) < 0)
		return fail_errno(err, "enter the container's network namespace");
	result = host_sysctl_set(arena_printf(arena, "ipv6/conf/%s/disable_ipv6", interface), "0",
				 err);
	if (setns(own, CLONE_NEWNET) < 0)
		return fail_errno(err, "return to the own network namespace");
	return result;
}

int links_furnish(struct arena *arena, const struct links_plan *plan, const char *name, int netns,
		  struct error *err)
{
	cleanup_netlink struct netlink inside = NETLINK_CLOSED;
	const char *interface = plan->endpoint->interface;
	struct error other;
	uint32_t index;
	int result;

	if (netlink_open(&inside, NETLINK_ROUTE, netns, err) < 0)
		return -1;
	index = link_index(&inside, name);
	if (!index)
		return fail(err, ENODEV, "it is gone from the container");
	result = furnish(&inside, arena, plan, name, index, err);
	/* all that has been done may be done again */
	if (result < 0 && err->errnum == EACCES && plan->inet6 &&
	    enable_ipv6(netns, arena, interface, &other) == 0)
		result = furnish(&inside, arena, plan, interface, index, err);
	/* of a pair the end on the host is removed */
	if (result < 0 && plan->network->driver != NETWORK_BRIDGE)
		remove_child(&inside, arena, index);
	return result;
}

int links_remove_inside(int netns, struct arena *arena, const struct network_endpoint *endpoint,
			struct error *err)
{
	cleanup_netlink struct netlink inside = NETLINK_CLOSED;

	if (netlink_open(&inside, NETLINK_ROUTE, netns, err) < 0)
		return -1;
	return link_remove(&inside, arena, endpoint->interface, err);
}
