/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <netinet/icmp6.h>
#include <string.h>

#include "net/rules.h"
#include "net/rules_plan.h"
#include "net/rules_terms.h"

/* What a container may send, at its port of the bridge. */

/*
 * The one that nft(8) calls dstnat here, which is in front of br_netfilter (0): a frame that is not
 * the container's own meets neither connection tracking nor NAT.
 */
#define PRIORITY_BRIDGE (-300)

const struct rule_set rules_ports = { .name = "ports",
				      .family = NFPROTO_BRIDGE,
				      .key = { RULE_INTERFACE },
				      .key_count = 1,
				      .counter = true };
const struct rule_set rules_from_ip = { .name = "from_ip",
					.family = NFPROTO_BRIDGE,
					.key = { RULE_INTERFACE, RULE_MAC, RULE_IPV4 },
					.key_count = 3 };
const struct rule_set rules_from_ip6 = { .name = "from_ip6",
					 .family = NFPROTO_BRIDGE,
					 .key = { RULE_INTERFACE, RULE_MAC, RULE_IPV6 },
					 .key_count = 3 };
static const enum rule_field nd_fields[] = { FIELD_IIFNAME, FIELD_ETHER_SADDR, FIELD_ND_TARGET_HIGH,
					     FIELD_ND_TARGET_LOW };
const struct rule_set rules_from_nd = { .name = "from_nd",
					.family = NFPROTO_BRIDGE,
					.key = { RULE_INTERFACE, RULE_MAC, RULE_HALF, RULE_HALF },
					.key_count = 4,
					.of = nd_fields };
const struct rule_set rules_from_arp = { .name = "from_arp",
					 .family = NFPROTO_BRIDGE,
					 .key = { RULE_INTERFACE, RULE_MAC, RULE_MAC, RULE_IPV4 },
					 .key_count = 4 };

#define GOTO(name)                                                                                 \
	{                                                                                          \
		.kind = TERM_GOTO, .chain = (name)                                                 \
	}
#define NOT_IN(rule_set, ...)                                                                      \
	{                                                                                          \
		.kind = TERM_LOOKUP, .negated = true, .set = &(rule_set),                          \
		.fields = { __VA_ARGS__ },                                                         \
		.count = ARRAY_SIZE(((enum rule_field[]){ __VA_ARGS__ }))                          \
	}
#define ETHER_TYPE(type)                                                                           \
	{                                                                                          \
		.kind = TERM_COMPARE, .fields = { FIELD_ETHER_TYPE }, .count = 1, .value = {       \
			(type) >> 8,                                                               \
			(type)&0xff                                                                \
		}                                                                                  \
	}
#define FROM_SPECIFIED                                                                             \
	{                                                                                          \
		.kind = TERM_COMPARE, .negated = true, .fields = { FIELD_IP6_SADDR }, .count = 1   \
	}

/* Each rule says of which packets it is, as nft(8) wants to see it. */
#define ICMPV6(type)                                                                               \
	ETHER_TYPE(ETH_P_IPV6), BYTE(FIELD_PROTOCOL, IPPROTO_ICMPV6), BYTE(FIELD_ICMPV6_TYPE, type)

/*
 * Neighbour discovery: who says that he has an address must have it, and nobody is a router. With
 * no address yet, a container asks whether its own is free, and tells which groups it listens to.
 */
static void plan_neighbours(struct arena *arena, struct rule_chain *chain)
{
	struct rule_term own = NOT_IN(rules_from_nd, FIELD_IIFNAME, FIELD_ETHER_SADDR,
				      FIELD_ND_TARGET_HIGH, FIELD_ND_TARGET_LOW);
	struct rule_term from =
		IN(rules_from_ip6, FIELD_IIFNAME, FIELD_ETHER_SADDR, FIELD_IP6_SADDR);
	static const uint8_t early[] = { ND_NEIGHBOR_SOLICIT, MLD_LISTENER_REPORT, 143 };

	*chain = (struct rule_chain){ "neighbours" };
	ADD(arena, chain, ICMPV6(ND_ROUTER_ADVERT), GOTO("spoofed"));
	ADD(arena, chain, ICMPV6(ND_REDIRECT), GOTO("spoofed"));
	ADD(arena, chain, ICMPV6(ND_NEIGHBOR_ADVERT), own, GOTO("spoofed"));
	ADD(arena, chain, ETHER_TYPE(ETH_P_IPV6), FROM_SPECIFIED, RETURN);
	ADD(arena, chain, ICMPV6(ND_NEIGHBOR_SOLICIT), own, GOTO("spoofed"));
	for (size_t i = 0; i < ARRAY_SIZE(early); i++)
		ADD(arena, chain, ICMPV6(early[i]), from, ACCEPT);
}

/* A good frame of a container has one look-up, which has its port, its MAC and its address. */
static void plan_port(struct arena *arena, struct rule_chain *chain)
{
	static const uint8_t arp_form[] = { 0, 1, 8, 0, 6, 4 }; /* Ethernet, IPv4, their sizes */
	struct rule_term form = { .kind = TERM_COMPARE, .fields = { FIELD_ARP_FORM }, .count = 1 };

	memcpy(form.value, arp_form, sizeof(arp_form));
	*chain = (struct rule_chain){ "prerouting", "filter", "prerouting",
				      .priority = PRIORITY_BRIDGE };
	ADD(arena, chain, ETHER_TYPE(ETH_P_IP),
	    IN(rules_from_ip, FIELD_IIFNAME, FIELD_ETHER_SADDR, FIELD_IP_SADDR), ACCEPT);
	ADD(arena, chain, ETHER_TYPE(ETH_P_IPV6), BYTE(FIELD_PROTOCOL, IPPROTO_ICMPV6),
	    JUMP("neighbours"));
	ADD(arena, chain, ETHER_TYPE(ETH_P_IPV6), FROM_SPECIFIED,
	    IN(rules_from_ip6, FIELD_IIFNAME, FIELD_ETHER_SADDR, FIELD_IP6_SADDR), ACCEPT);
	ADD(arena, chain, ETHER_TYPE(ETH_P_ARP), form,
	    IN(rules_from_arp, FIELD_IIFNAME, FIELD_ETHER_SADDR, FIELD_ARP_SENDER_MAC,
	       FIELD_ARP_SENDER_IP),
	    ACCEPT);
	ADD(arena, chain, GOTO("spoofed"));
}

/*
 * Frames to 01:80:c2:00:00:0X, which are for a bridge itself, do not come by "prerouting": the host
 * would learn their MAC address, and take them as having come from the port.
 */
static void plan_link_local(struct arena *arena, struct rule_chain *chain)
{
	struct rule_term reserved = { .kind = TERM_COMPARE,
				      .masked = true,
				      .fields = { FIELD_ETHER_DADDR },
				      .count = 1,
				      .value = { 0x01, 0x80, 0xc2 },
				      .mask = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0 } };

	*chain = (struct rule_chain){ "input", "filter", "input", .priority = PRIORITY_BRIDGE };
	ADD(arena, chain, reserved, GOTO("spoofed"));
}

/* What is not a member's but a container's: one that is about to be a member, or was until now. */
static void plan_spoofed(struct arena *arena, const struct network *network,
			 struct rule_chain *chain)
{
	*chain = (struct rule_chain){ "spoofed" };
	ADD(arena, chain, IN(rules_ports, FIELD_IIFNAME), DROP);
	ADD(arena, chain, number_term(FIELD_IIFGROUP, rules_port_group(network)), COUNTER, DROP);
}

void rules_plan_bridge(struct arena *arena, const struct network *network, struct rule_table *table)
{
	static const struct rule_set *const sets[] = { &rules_ports, &rules_from_ip,
						       &rules_from_ip6, &rules_from_nd,
						       &rules_from_arp };
	struct rule_chain *chains = arena_array(arena, struct rule_chain, 4);

	table->sets = sets;
	table->set_count = ARRAY_SIZE(sets);
	table->chains = chains;
	table->chain_count = 4;
	plan_spoofed(arena, network, &chains[0]);
	plan_neighbours(arena, &chains[1]);
	plan_port(arena, &chains[2]);
	plan_link_local(arena, &chains[3]);
}
