/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/netlink.h"
#include "specs/network_document.h"

/*
 * The rules of nf_tables of networks of driver "bridge" (others have none: the kernel hands their
 * frames past the host). Each has two tables, named by its bridge, which no two networks of a host
 * share, and by nobody else's name; other tables are never touched:
 *
 *	table inet ctr-BRIDGE	published ports (DNAT), masquerade, what may be forwarded
 *	table bridge ctr-BRIDGE	what a container may send: its own addresses, nothing else
 *
 * All that belongs to one container are elements of sets and maps, found by hashes. So to attach and
 * to detach one costs the same however many there are, nothing is listed, and no handle is kept.
 *
 * What is published is reached by all addresses of the host, or by the chosen one: from outside,
 * from the host by 127.0.0.0/8 too, from containers of all networks (but from an internal one), and
 * from the container itself. Outside of 127.0.0.0/8, of the container's own network, and of internal
 * networks, the container sees the client's address. By ::1 nothing is reached: a client is refused
 * at once there and goes on to 127.0.0.1. (The kernel has no route_localnet for IPv6.) Where
 * bridge-nf-call-iptables is 1, a container reaches its own published port only if its bridge port
 * is in hairpin mode.
 *
 * From a bridge's container ports go only IPv4, ARP and IPv6, from the container's MAC address and
 * its IP addresses (and the link-local address of the MAC); no router advertisements, no redirects,
 * and neighbour advertisements for its own addresses alone. The rest is dropped and counted by the
 * set `ports` for each container. Programs in a container that route for others cannot work so.
 */

/*
 * The group (IFLA_GROUP) of the bridges of networks with isolate=false, which reach one another;
 * "ctr" in ASCII.
 */
#define RULES_SHARED_GROUP 0x637472U

/* Attachments; those that are not in the network in question are left out. */
struct rules_members {
	const struct network_attachment **items;
	size_t count;
};

/*
 * The group of the host's ends of the links into a network; its own, as the tables of one bridge see the
 * frames of all bridges. What is in it but not a member (yet, or any more) sends nothing, as long as the
 * tables are there. Of 2^30 numbers that of the bridge's name. Pure.
 */
uint32_t rules_port_group(const struct network *network);

/*
 * Whether the attachment's ports can be published: there must be a bridge, and in the first one an
 * address of the family; ::1 and link-local addresses cannot be (see above). Pure. EINVAL.
 */
int rules_check(const struct network_attachment *attachment, struct error *err);

/*
 * Adds the container's elements to the tables of its networks, in one batch: all or nothing. What
 * is there already is accepted. networks: one for each endpoint, NULL for one to be left alone.
 * Ports are those of the first endpoint on a bridge (which has a host_interface). Where they are of
 * UDP or SCTP, conntrack_forget() belongs behind this, and behind rules_detach(): it takes a while.
 *
 * ENOENT: a table is not there or not whole; rules_write() is the way out. EBUSY: a port still leads
 * to another container. Kernels without what it needs are told by its name.
 */
int rules_attach(struct netlink *netlink, struct arena *arena,
		 const struct network *const *networks, const struct network_attachment *attachment,
		 struct error *err);

/* The reverse; accepts what is gone, or never was. */
int rules_detach(struct netlink *netlink, struct arena *arena,
		 const struct network *const *networks, const struct network_attachment *attachment,
		 struct error *err);

/*
 * Makes both tables of a network anew, with the members' elements, in one batch: nothing is open
 * meanwhile, and connections go on. The caller keeps others from attaching to the network between
 * its reading of the members and the end of this, or it would forget them.
 */
int rules_write(struct netlink *netlink, struct arena *arena, const struct network *network,
		const struct rules_members *members, struct error *err);

/* Takes both tables away; accepts that they are gone. */
int rules_remove(struct netlink *netlink, struct arena *arena, const struct network *network,
		 struct error *err);

/* The text of both tables as nft(8) reads it. Pure. */
void rules_print(FILE *file, struct arena *arena, const struct network *network,
		 const struct rules_members *members);
