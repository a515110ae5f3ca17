/* SPDX-License-Identifier: Apache-2.0 */
#include "net/links_inside.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>

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
				     NLM_F_EXCL, index, address);
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

int links_furnish(struct arena *arena, const struct links_plan *plan, const char *name, int netns,
		  struct error *err)
{
	cleanup_netlink struct netlink inside = NETLINK_CLOSED;
	const uint64_t rate = plan->endpoint->rate_out;
	struct netlink_batch batch;
	size_t failed = 0;
	uint32_t index;

	if (netlink_open(&inside, NETLINK_ROUTE, netns, err) < 0)
		return -1;
	index = link_index(&inside, name);
	if (!index)
		return fail(err, ENODEV, "it is gone from the container");
	netlink_batch_begin(&batch, arena);
	if (rate)
		rate_message(&batch, index, rate, plan->mtu);
	if (strcmp(name, plan->endpoint->interface) != 0)
		write_name(&batch, plan, index);
	write_inside(&batch, plan, index);
	if (netlink_send(&inside, &batch, &failed, err) == 0)
		return 0;
	/* of a pair the end on the host is removed */
	if (plan->network->driver != NETWORK_BRIDGE)
		remove_child(&inside, arena, index);
	return rate ? rate_failed(failed, 0, err) : -1;
}

int links_remove_inside(int netns, struct arena *arena, const struct network_endpoint *endpoint,
			struct error *err)
{
	cleanup_netlink struct netlink inside = NETLINK_CLOSED;

	if (netlink_open(&inside, NETLINK_ROUTE, netns, err) < 0)
		return -1;
	return link_remove(&inside, arena, endpoint->interface, err);
}
