/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/netlink.h"
#include "specs/network_document.h"

/*
 * The links of networks (rtnetlink(7)): a network's own, which is a bridge with the gateways'
 * addresses or, for macvlan and ipvlan, the parent; and a container's into it.
 *
 * host below is a NETLINK_ROUTE socket of the host's network namespace. What the kernel lacks is said
 * by its name, with EOPNOTSUPP. Errors do not say which network it is: the caller does.
 */

/*
 * Whether this kernel knows all kinds of links that the network needs, and the host has its parent.
 * For a network that is about to be defined: makes nothing.
 */
int links_check(struct netlink *host, struct arena *arena, const struct network *network,
		struct error *err);

/*
 * Makes the network's own link, or completes it: a bridge without STP whose MAC does not depend on
 * its members, its addresses, up, without an MTU of its own that of the default route's interface;
 * forwarding of the host switched on (unless internal), route_localnet of the bridge (ports of
 * 127.0.0.1 lead over it), a VLAN of the parent. What is as it should be is left alone, and so is
 * what others have added. A parent that is not there is ENODEV.
 */
int links_network(struct netlink *host, struct arena *arena, const struct network *network,
		  struct error *err);

/* The same if there is no link of that name; otherwise one system call. */
int links_ready(struct netlink *host, struct arena *arena, const struct network *network,
		struct error *err);

/* Its index, 0: it is not there. One system call. */
uint32_t links_network_index(const struct netlink *host, const struct network *network);

/* Removes the link if links_network() made it, and did not find it. Accepts that it is gone. */
int links_network_remove(struct netlink *host, struct arena *arena, const struct network *network,
			 struct error *err);

/*
 * A new name for the host's end of a pair: "v" and random digits, as that of the container before may
 * still be there when this one is made.
 */
int links_host_name(char name[IFNAMSIZ], struct error *err);

/* A container's link into a network; network and endpoint are the arguments of links_plan(). */
struct links_plan {
	const struct network *network;
	const struct network_endpoint *endpoint;
	bool default_route, publishes, has_gateway, inet6;
	uint16_t mode; /* MACVLAN_MODE_*, IPVLAN_MODE_* */
	uint32_t mtu;  /* 0: that of the bridge, or of the parent */
};

enum links_flag {
	LINKS_DEFAULT_ROUTE = 1, /* its gateways are the container's: one endpoint has this */
	LINKS_PUBLISHES = 2,	 /* ports of the host lead to it */
};

/*
 * Pure: what endpoint, whose names, addresses and MAC are filled, needs. EINVAL for what cannot be,
 * EOPNOTSUPP for rates where there is no pair.
 */
int links_plan(const struct network *network, const struct network_endpoint *endpoint,
	       unsigned int flags, struct links_plan *plan, struct error *err);

/*
 * Makes it: the pair in one message, the peer directly in netns (an open network namespace) with its
 * final name, MAC and MTU, then addresses, routes and up in one batch. host_index gets the index of the
 * host's end, 0 where there is none. On failure nothing of it remains. EEXIST: the container has an
 * interface of that name; ENODEV: there is no such bridge (links_network()).
 */
int links_apply(struct netlink *host, struct arena *arena, const struct links_plan *plan, int netns,
		uint32_t *host_index, struct error *err);

/*
 * Puts the host's end of a pair that is there back on the network's bridge, if somebody has removed
 * that. One that is gone, and a link that is no pair, is left alone.
 */
int links_rejoin(struct netlink *host, struct arena *arena, const struct links_plan *plan,
		 struct error *err);

/*
 * Removes it by the host's end, which takes the other one along. Accepts that it is gone. A link
 * without an end on the host dies with its namespace; of one that lives on links_remove_inside()
 * removes it.
 */
int links_remove(struct netlink *host, struct arena *arena, const struct network_endpoint *endpoint,
		 struct error *err);
int links_remove_inside(int netns, struct arena *arena, const struct network_endpoint *endpoint,
			struct error *err);

/* Whether the endpoint's address of this number brings a default route. */
bool links_plan_route(const struct links_plan *plan, size_t number);

/* The plan as text, for golden files: one line a link, address, route. */
char *links_plan_print(struct arena *arena, const struct links_plan *plan);
