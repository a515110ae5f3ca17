/* SPDX-License-Identifier: Apache-2.0 */
#include "net/links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sys/socket.h>

#include "net/link_message.h"
#include "net/links_inside.h"
#include "net/rate.h"
#include "net/rules.h"

/* What the link into the container is made of, whatever its kind. */
static void put_inside(struct nlmsghdr *message, const struct links_plan *plan, const char *name,
		       int netns)
{
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)netns);
	if (plan->mtu)
		mnl_attr_put_u32(message, IFLA_MTU, plan->mtu);
	if (plan->network->driver != NETWORK_IPVLAN)
		mnl_attr_put(message, IFLA_ADDRESS, sizeof(plan->endpoint->mac.bytes),
			     plan->endpoint->mac.bytes);
}

/*
 * The port answers who sent as well: a container that asks a published port of its own is led back by
 * the bridge itself where br_netfilter is in use. (The price: it hears its own broadcasts.)
 */
static void put_port(struct nlmsghdr *message)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO), *port;

	mnl_attr_put_str(message, IFLA_INFO_SLAVE_KIND, "bridge");
	port = mnl_attr_nest_start(message, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(message, IFLA_BRPORT_MODE, 1);
	mnl_attr_nest_end(message, port);
	mnl_attr_nest_end(message, info);
}

static void write_pair(struct netlink_batch *batch, const struct links_plan *plan, uint32_t bridge,
		       int netns)
{
	const char *name = plan->endpoint->host_interface;
	struct nlmsghdr *message = link_message(batch, "make a pair of veth", RTM_NEWLINK,
						NLM_F_CREATE | NLM_F_EXCL, 0);
	struct link_kind veth;
	struct nlattr *peer;

	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_MASTER, bridge);
	mnl_attr_put_u32(message, IFLA_GROUP, rules_port_group(plan->network));
	if (plan->mtu)
		mnl_attr_put_u32(message, IFLA_MTU, plan->mtu);
	veth = link_kind_begin(message, "veth");
	peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	put_inside(message, plan, plan->endpoint->interface, netns);
	mnl_attr_nest_end(message, peer);
	link_kind_end(message, veth);
	link_message_seclude(batch, "seclude the host's end", name);
	message = link_message(batch, "set the host's end up", RTM_NEWLINK, 0, 0);
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	if (plan->publishes)
		put_port(message);
	link_put_up(message);
}

/* name: one that is free here too, or kernels before 6.14 refuse it. It gets its own inside. */
static void write_child(struct netlink_batch *batch, const struct links_plan *plan, uint32_t parent,
			const char *name, int netns)
{
	const bool macvlan = plan->network->driver == NETWORK_MACVLAN;
	struct nlmsghdr *message = link_message(batch, "make a link of the parent", RTM_NEWLINK,
						NLM_F_CREATE | NLM_F_EXCL, 0);
	struct link_kind kind;

	put_inside(message, plan, name, netns);
	mnl_attr_put_u32(message, IFLA_LINK, parent);
	kind = link_kind_begin(message, network_driver_name(plan->network->driver));
	if (macvlan)
		mnl_attr_put_u32(message, IFLA_MACVLAN_MODE, plan->mode);
	else
		mnl_attr_put_u16(message, IFLA_IPVLAN_MODE, plan->mode);
	link_kind_end(message, kind);
}

/* EEXIST of the kernel does not say which of the two names is taken. */
static int name_failed(const struct network_endpoint *endpoint, int netns, struct error *err)
{
	struct netlink inside = NETLINK_CLOSED;
	struct error other;
	bool is_inside = netlink_open(&inside, NETLINK_ROUTE, netns, &other) == 0 &&
			 link_index(&inside, endpoint->interface);

	netlink_close(&inside);
	if (is_inside)
		return fail(err, EEXIST, "the container has an interface '%s' already",
			    endpoint->interface);
	return fail(err, EEXIST, "the host has an interface '%s' already",
		    endpoint->host_interface ?: endpoint->interface);
}

/* Nor does EOPNOTSUPP say whether it is the kind that it does not know, or that the bridge is none. */
static int kind_failed(struct netlink *host, struct arena *arena, const struct links_plan *plan,
		       struct error *err)
{
	const bool is_pair = plan->network->driver == NETWORK_BRIDGE;
	const char *kind = is_pair ? "veth" : network_driver_name(plan->network->driver);
	struct error other;

	if (link_kind_check(host, arena, kind, &other) < 0 ||
	    links_network(host, arena, plan->network, &other) < 0)
		*err = other;
	return -1;
}

static int making_failed(struct netlink *host, struct arena *arena, const struct links_plan *plan,
			 int netns, struct error *err)
{
	if (err->errnum == EEXIST)
		return name_failed(plan->endpoint, netns, err);
	return err->errnum == EOPNOTSUPP ? kind_failed(host, arena, plan, err) : -1;
}

static int make(struct netlink *host, struct arena *arena, const struct links_plan *plan,
		uint32_t upper, const char *name, int netns, struct error *err)
{
	struct netlink_batch batch;

	netlink_batch_begin(&batch, arena);
	if (plan->network->driver == NETWORK_BRIDGE)
		write_pair(&batch, plan, upper, netns);
	else
		write_child(&batch, plan, upper, name, netns);
	return netlink_send(host, &batch, NULL, err) < 0
		       ? making_failed(host, arena, plan, netns, err)
		       : 0;
}

/* The limits on the host's end: what goes to the container, and once more what comes from it. */
static int limit_host_end(struct netlink *host, struct arena *arena, const struct links_plan *plan,
			  uint32_t index, struct error *err)
{
	const struct network_endpoint *endpoint = plan->endpoint;
	const uint32_t mtu = plan->mtu;
	struct netlink_batch batch;

	if (endpoint->rate_in) {
		netlink_batch_begin(&batch, arena);
		rate_message(&batch, index, endpoint->rate_in, mtu);
		if (netlink_send(host, &batch, NULL, err) < 0)
			return rate_failed(0, 0, err);
	}
	return endpoint->rate_out ? rate_police(host, arena, index, endpoint->rate_out, mtu, err)
				  : 0;
}

/* What needs the index of the host's end. */
static int finish_host_end(struct netlink *host, struct arena *arena, const struct links_plan *plan,
			   uint32_t index, struct error *err)
{
	const uint32_t vlan = plan->network->vlan;
	struct netlink_batch batch;

	if (vlan) {
		netlink_batch_begin(&batch, arena);
		link_message_vlan(&batch, "put it into its VLAN", index, false, (uint16_t)vlan);
		if (netlink_send(host, &batch, NULL, err) < 0)
			return link_vlan_failed(err);
	}
	return limit_host_end(host, arena, plan, index, err);
}

static int connect_pair(struct netlink *host, struct arena *arena, const struct links_plan *plan,
			uint32_t upper, int netns, uint32_t *host_index, struct error *err)
{
	const struct network_endpoint *endpoint = plan->endpoint;
	struct error other;

	if (make(host, arena, plan, upper, NULL, netns, err) < 0)
		return -1;
	*host_index = link_index(host, endpoint->host_interface);
	if (finish_host_end(host, arena, plan, *host_index, err) == 0 &&
	    links_furnish(arena, plan, endpoint->interface, netns, err) == 0)
		return 0;
	links_remove(host, arena, endpoint, &other);
	return -1;
}

static int connect_child(struct netlink *host, struct arena *arena, const struct links_plan *plan,
			 uint32_t upper, int netns, struct error *err)
{
	char name[IFNAMSIZ];

	if (links_host_name(name, err) < 0 || make(host, arena, plan, upper, name, netns, err) < 0)
		return -1;
	if (links_furnish(arena, plan, name, netns, err) == 0)
		return 0;
	return err->errnum == EEXIST ? name_failed(plan->endpoint, netns, err) : -1;
}

static int connect_endpoint(struct netlink *host, struct arena *arena,
			    const struct links_plan *plan, int netns, uint32_t *host_index,
			    struct error *err)
{
	const uint32_t upper = links_network_index(host, plan->network);

	if (!upper)
		return fail(err, ENODEV, "there is no interface '%s'", plan->network->interface);
	if (plan->network->driver == NETWORK_BRIDGE)
		return connect_pair(host, arena, plan, upper, netns, host_index, err);
	return connect_child(host, arena, plan, upper, netns, err);
}

int links_apply(struct netlink *host, struct arena *arena, const struct links_plan *plan, int netns,
		uint32_t *host_index, struct error *err)
{
	struct links_plan filled = *plan;

	*host_index = 0;
	if (!filled.mtu && filled.network->driver == NETWORK_BRIDGE)
		filled.mtu = link_mtu(host, filled.network->interface);
	if (connect_endpoint(host, arena, &filled, netns, host_index, err) == 0)
		return 0;
	return fail_in(err, "interface %s", plan->endpoint->interface);
}

int links_rejoin(struct netlink *host, struct arena *arena, const struct links_plan *plan,
		 struct error *err)
{
	const char *name = plan->endpoint->host_interface;
	struct netlink_batch batch;
	struct nlmsghdr *message;
	uint32_t index;

	index = name ? link_index(host, name) : 0;
	if (!index)
		return 0;
	netlink_batch_begin(&batch, arena);
	message = link_message(&batch, arena_printf(arena, "put %s on its bridge", name),
			       RTM_NEWLINK, 0, index);
	mnl_attr_put_u32(message, IFLA_MASTER, links_network_index(host, plan->network));
	link_put_up(message);
	if (plan->publishes)
		put_port(link_message(&batch, "let its port answer the sender", RTM_NEWLINK, 0,
				      index));
	if (plan->network->vlan)
		link_message_vlan(&batch, "put it into its VLAN", index, false,
				  (uint16_t)plan->network->vlan);
	return netlink_send(host, &batch, NULL, err) == 0 || err->errnum == ENODEV ? 0 : -1;
}

int links_remove(struct netlink *host, struct arena *arena, const struct network_endpoint *endpoint,
		 struct error *err)
{
	if (!endpoint->host_interface)
		return 0;
	return link_remove(host, arena, endpoint->host_interface, err);
}
