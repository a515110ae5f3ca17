/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <net/if.h>
#include <stdint.h>

#include "net/netlink.h"
#include "specs/address.h"

/*
 * The messages of rtnetlink(7) that networks are made of, each appended to a batch. what: see
 * netlink_message(); errors name it.
 */

/*
 * Networks' own links that we made have this and the network's name as their alias (`ip link` shows
 * it); others were there before, and stay.
 */
#define LINK_ALIAS "ctr network "

/* A link by its index, or with 0 by its name in an attribute IFLA_IFNAME that the caller adds. */
struct nlmsghdr *link_message(struct netlink_batch *batch, const char *what, uint16_t type,
			      uint16_t flags, uint32_t index);

/*
 * Begins IFLA_LINKINFO of this kind and its IFLA_INFO_DATA; what is put until link_kind_end() is
 * that.
 */
struct link_kind {
	struct nlattr *info, *data;
};
struct link_kind link_kind_begin(struct nlmsghdr *message, const char *kind);
void link_kind_end(struct nlmsghdr *message, struct link_kind kind);

/* For a message of link_message(): the link shall be up. */
void link_put_up(struct nlmsghdr *message);

/*
 * Whether the kernel gives the link an IPv6 address of its own (link-local, of its MAC). A message of
 * its own, before the link is set up: within one message the kernel does this last.
 */
void link_message_address_generation(struct netlink_batch *batch, const char *what, uint32_t index,
				     bool generate);

/*
 * For the host's end of a pair, by its name, before it is set up: the host itself has no business
 * there. No IPv6 address, and what frames that no bridge takes (to 01:80:c2:00:00:0X) have of IPv4 has
 * a source to which no route leads over it: dropped (rp_filter).
 */
void link_message_seclude(struct netlink_batch *batch, const char *what, const char *name);

/*
 * A port of a bridge, or with itself the bridge's own end, is in a VLAN: what comes without a tag is of
 * it, and what goes out of it has none (bridge(8): vlan add ... pvid untagged). It leaves VLAN 1, where
 * all begin.
 */
void link_message_vlan(struct netlink_batch *batch, const char *what, uint32_t index, bool itself,
		       uint16_t vlan);

/* An address with its network's length; IPv6 without waiting whether somebody has it already. */
void link_message_address(struct netlink_batch *batch, const char *what, uint16_t flags,
			  uint32_t index, const struct ip_prefix *address);

/* A default route over an interface; a gateway that is none: all are reached directly. */
void link_message_default_route(struct netlink_batch *batch, const char *what, uint32_t index,
				uint8_t family, const struct ip_address *gateway);

/*
 * Fails for a link of a kind that the kernel refused: where it does not know that kind (EOPNOTSUPP)
 * in words of ours, "this kernel has no macvlan (module macvlan, CONFIG_MACVLAN)".
 */
int link_kind_failed(const char *kind, struct error *err);

/* Asks the kernel whether it knows a kind, by a message that it must refuse; fails as above if not. */
int link_kind_check(struct netlink *netlink, struct arena *arena, const char *kind,
		    struct error *err);

/* The same for link_message_vlan(). */
int link_vlan_failed(struct error *err);

/* Removes a link by its name; one that is gone is no error. */
int link_remove(struct netlink *netlink, struct arena *arena, const char *name, struct error *err);

/* The index of an interface in a socket's namespace, 0 if there is none. One system call. */
uint32_t link_index(const struct netlink *netlink, const char *name);

/* Its MTU, 0 if there is none of that name. One system call. */
uint32_t link_mtu(const struct netlink *netlink, const char *name);
