/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <net/if.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/netlink.h"
#include "specs/address.h"

/* The host's routes (rtnetlink(7), RTM_GETROUTE), so that no network is made of addresses in use. */

struct route {
	struct ip_prefix destination; /* no default route is among them */
	uint32_t index;		      /* of the interface; 0: none (blackhole, several next hops) */
	char interface[IFNAMSIZ];     /* its name, "" if there is none */
};

struct route_list {
	struct route *items;
	size_t count;
};

/*
 * Unicast and blackhole routes of all tables, but for the default ones, the kernel's own of loopback,
 * link-local and multicast. host: a NETLINK_ROUTE socket.
 */
int route_list(struct netlink *host, struct arena *arena, struct route_list *list,
	       struct error *err);

/* The interface of the default route. ENODEV: there is none. */
int route_default_interface(struct netlink *host, struct arena *arena, char name[IFNAMSIZ],
			    struct error *err);
