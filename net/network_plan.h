/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "net/network_store.h"
#include "net/route.h"
#include "specs/network_document.h"

/* What a new network is made of. Pure. */

/* What is asked for, in the words of `ctr network create`. */
struct network_wish {
	const char *name;
	const char *driver;    /* NULL: bridge */
	const char *interface; /* NULL: the next free bridge; a parent is of the default route */
	struct string_list subnets;  /* NETWORK/LENGTH; none: the next free one */
	struct string_list gateways; /* each in one of them; else its first address */
	struct string_list ranges;   /* NETWORK/LENGTH or FIRST-LAST, each in one of them */
	bool ipv6;		     /* a subnet of both families */
	bool no_addresses;	     /* of macvlan and ipvlan: members see to that themselves */
	bool internal;
	struct string_map options; /* mtu, vlan, mode, parent, isolate; see network_options() */
	struct string_map labels;
};

/* What it may not clash with, and what is by chance. */
struct network_surroundings {
	struct network_list networks;
	struct route_list routes;
	struct string_list interfaces; /* names of all links of the host */
	const char *default_interface; /* of the default route; NULL: there is none */
	const char *created;	       /* RFC 3339 */
	uint8_t random[32];
};

/*
 * Fills *network. EINVAL: cannot be, or overlaps with what the text names. EEXIST: there is one of that
 * name, or somebody has the interface. ENOSPC: no subnet is free.
 */
int network_plan(struct arena *arena, const struct network_wish *wish,
		 const struct network_surroundings *surroundings, struct network *network,
		 struct error *err);

/* Its parts, which network_plan() calls in this order. Names of options may be docker's too. */
int network_options(struct arena *arena, const struct network_wish *wish, struct network *network,
		    struct error *err);
int network_subnets(struct arena *arena, const struct network_wish *wish,
		    const struct network_surroundings *surroundings, struct network *network,
		    struct error *err);
