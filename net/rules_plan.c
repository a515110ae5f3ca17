/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rules_plan.h"

#include <arpa/inet.h>
#include <endian.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "base/blake2b.h"
#include "base/macro.h"
#include "net/rules.h"
#include "net/rules_terms.h"

/* Priorities, which nft(8) calls raw, dstnat, filter, srcnat. */
enum {
	PRIORITY_RAW = -300,
	PRIORITY_DNAT = -100,
	PRIORITY_FILTER = 0,
	PRIORITY_SNAT = 100,
};

#define PORT_SETS(number, word, version, type, to_port, to_address)                                \
	{                                                                                          \
		.protocol = number,                                                                \
		.any = { .name = word version,                                                     \
			 .family = NFPROTO_INET,                                                   \
			 .key = { RULE_PORT },                                                     \
			 .key_count = 1,                                                           \
			 .value = { type, RULE_PORT },                                             \
			 .value_count = 2 },                                                       \
		.at = { .name = word version "_at",                                                \
			.family = NFPROTO_INET,                                                    \
			.key = { type, RULE_PORT },                                                \
			.key_count = 2,                                                            \
			.value = { type, RULE_PORT },                                              \
			.value_count = 2 },                                                        \
		.port = to_port, .daddr = to_address                                               \
	}
#define IPV4_SETS(number, word, to_port)                                                           \
	PORT_SETS(number, word, "4", RULE_IPV4, to_port, FIELD_IP_DADDR)
#define IPV6_SETS(number, word, to_port)                                                           \
	PORT_SETS(number, word, "6", RULE_IPV6, to_port, FIELD_IP6_DADDR)

const struct rules_port_sets rules_port_sets[RULES_PORT_SETS] = {
	IPV4_SETS(IPPROTO_TCP, "tcp", FIELD_TCP_DPORT),
	IPV4_SETS(IPPROTO_UDP, "udp", FIELD_UDP_DPORT),
	IPV4_SETS(IPPROTO_SCTP, "sctp", FIELD_SCTP_DPORT),
	IPV6_SETS(IPPROTO_TCP, "tcp", FIELD_TCP_DPORT),
	IPV6_SETS(IPPROTO_UDP, "udp", FIELD_UDP_DPORT),
	IPV6_SETS(IPPROTO_SCTP, "sctp", FIELD_SCTP_DPORT),
};

#define MASQUERADE                                                                                 \
	{                                                                                          \
		.kind = TERM_MASQUERADE                                                            \
	}
#define IS_IPV4 BYTE(FIELD_FAMILY, NFPROTO_IPV4)
#define IS_IPV6 BYTE(FIELD_FAMILY, NFPROTO_IPV6)

static struct rule_term name_term(enum rule_field field, bool negated, const char *name)
{
	struct rule_term term = {
		.kind = TERM_COMPARE, .negated = negated, .fields = { field }, .count = 1
	};

	memcpy(term.value, name, strnlen(name, sizeof(term.value) - 1));
	return term;
}

static struct rule_term prefix_term(enum rule_field field, bool negated,
				    const struct ip_prefix *prefix)
{
	struct rule_term term = {
		.kind = TERM_COMPARE, .negated = negated, .fields = { field }, .count = 1
	};
	size_t size = ip_address_size(&prefix->address);

	memcpy(term.value, prefix->address.bytes, size);
	term.masked = prefix->length < 8 * size;
	for (uint8_t i = 0; i < prefix->length; i++)
		term.mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	return term;
}

static const struct ip_prefix loopback4 = { { AF_INET, { 127 } }, 8 };
static const struct ip_prefix loopback6 = { { AF_INET6, { [15] = 1 } }, 128 };
static const struct ip_prefix link_local6 = { { AF_INET6, { 0xfe, 0x80 } }, 10 };
static const struct ip_prefix multicast4 = { { AF_INET, { 224 } }, 4 };
static const struct ip_prefix multicast6 = { { AF_INET6, { 0xff } }, 8 };

struct planning {
	struct arena *arena;
	const struct network *network;
	bool ipv4, ipv6; /* rules are written for each family that it has a subnet of */
	struct rule_term in, out, not_out; /* over the bridge */
};

/*
 * The bridge has route_localnet, for what comes back to 127.0.0.1: nothing else may have an address
 * of it, as neither the host's routes nor anybody else refuses it then. And what comes by a
 * container's link but over no bridge, which somebody has taken away, nobody has looked at.
 */
static void plan_guard(struct planning *to, struct rule_chain *chain)
{
	*chain = (struct rule_chain){ "guard", "filter", "prerouting", .priority = PRIORITY_RAW };
	ADD(to->arena, chain, number_term(FIELD_IIFGROUP, rules_port_group(to->network)), COUNTER,
	    DROP);
	if (!to->ipv4)
		return;
	ADD(to->arena, chain, to->in, IS_IPV4, prefix_term(FIELD_IP_DADDR, false, &loopback4),
	    COUNTER, DROP);
	ADD(to->arena, chain, to->in, IS_IPV4, prefix_term(FIELD_IP_SADDR, false, &loopback4),
	    COUNTER, DROP);
}

/* A chosen address goes before all of them. */
static void plan_published(struct planning *to, struct rule_chain *chain)
{
	*chain = (struct rule_chain){ "published" };
	for (size_t i = 0; i < RULES_PORT_SETS; i++) {
		const struct rules_port_sets *sets = &rules_port_sets[i];
		bool ipv4 = sets->daddr == FIELD_IP_DADDR;
		struct rule_term family = BYTE(FIELD_FAMILY, ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
		struct rule_term protocol = BYTE(FIELD_PROTOCOL, (uint8_t)sets->protocol);
		struct rule_term at = IN(sets->at, sets->daddr, sets->port);
		struct rule_term any = IN(sets->any, sets->port);

		if (!(ipv4 ? to->ipv4 : to->ipv6))
			continue;
		at.kind = any.kind = TERM_DNAT;
		ADD(to->arena, chain, family, protocol, at);
		ADD(to->arena, chain, family, protocol, any);
	}
}

/*
 * Only what is for an address of the host, as if somebody listened there. In front of the routes
 * nobody has refused yet what a neighbour sends to 127.0.0.1; the host's own comes by "output".
 * What is said to link-local addresses, or by ::1, could not be forwarded: see net/rules.h. Nor what
 * comes from elsewhere for an internal network.
 */
static void plan_arriving(struct planning *to, struct rule_chain *chain)
{
	struct rule_term local = number_term(FIELD_DADDR_TYPE, RTN_LOCAL);

	*chain =
		(struct rule_chain){ "prerouting", "nat", "prerouting", .priority = PRIORITY_DNAT };
	if (to->ipv4)
		ADD(to->arena, chain, IS_IPV4, prefix_term(FIELD_IP_DADDR, false, &loopback4),
		    RETURN);
	if (to->ipv6)
		ADD(to->arena, chain, IS_IPV6, prefix_term(FIELD_IP6_DADDR, false, &link_local6),
		    RETURN);
	if (to->network->internal)
		ADD(to->arena, chain, to->in, local, JUMP("published"));
	else
		ADD(to->arena, chain, local, JUMP("published"));
}

static void plan_sent(struct planning *to, struct rule_chain *chain)
{
	struct rule_term local = number_term(FIELD_DADDR_TYPE, RTN_LOCAL);

	*chain = (struct rule_chain){ "output", "nat", "output", .priority = PRIORITY_DNAT };
	if (to->ipv6) {
		ADD(to->arena, chain, IS_IPV6, prefix_term(FIELD_IP6_DADDR, false, &loopback6),
		    RETURN);
		ADD(to->arena, chain, IS_IPV6, prefix_term(FIELD_IP6_DADDR, false, &link_local6),
		    RETURN);
	}
	ADD(to->arena, chain, local, JUMP("published"));
}

/* The containers' way out, and hairpins: an answer within the network would not come back by us. */
static void plan_subnet_leaving(struct planning *to, struct rule_chain *chain,
				const struct ip_prefix *subnet)
{
	bool ipv4 = subnet->address.family == AF_INET;
	enum rule_field daddr = ipv4 ? FIELD_IP_DADDR : FIELD_IP6_DADDR;
	struct rule_term family = BYTE(FIELD_FAMILY, ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	struct rule_term from = prefix_term(ipv4 ? FIELD_IP_SADDR : FIELD_IP6_SADDR, false, subnet);
	struct rule_term multicast = prefix_term(daddr, true, ipv4 ? &multicast4 : &multicast6);
	struct rule_term is_dnat = number_term(FIELD_CT_STATUS, IPS_DST_NAT);

	ADD(to->arena, chain, to->out, family, from, is_dnat, MASQUERADE);
	ADD(to->arena, chain, to->not_out, family, from, multicast, MASQUERADE);
}

/*
 * Members of an internal network have no route back to what is not on it: it must be the gateway.
 * Networks that are shared see each other's addresses.
 */
static void plan_leaving(struct planning *to, struct rule_chain *chain)
{
	struct rule_term is_dnat = number_term(FIELD_CT_STATUS, IPS_DST_NAT);
	struct rule_term to_shared = number_term(FIELD_OIFGROUP, RULES_SHARED_GROUP);

	*chain = (struct rule_chain){ "postrouting", "nat", "postrouting",
				      .priority = PRIORITY_SNAT };
	if (to->network->internal) {
		ADD(to->arena, chain, to->out, is_dnat, MASQUERADE);
		return;
	}
	if (to->ipv4)
		ADD(to->arena, chain, to->out, IS_IPV4,
		    prefix_term(FIELD_IP_SADDR, false, &loopback4), MASQUERADE);
	if (to->network->isolate == NETWORK_SHARED)
		ADD(to->arena, chain, to->not_out, to_shared, RETURN);
	for (size_t i = 0; i < to->network->subnets.count; i++)
		plan_subnet_leaving(to, chain, &to->network->subnets.items[i].subnet);
}

/*
 * Frames within the network come by here as well, with bridge-nf-call-iptables. What connection
 * tracking does not understand would leave without NAT, with the container's own address.
 */
static void plan_forward(struct planning *to, struct rule_chain *chain)
{
	enum { INVALID = 1, ESTABLISHED = 1 << 1, RELATED = 1 << 2 }; /* NF_CT_STATE_*_BIT */
	struct rule_term known = number_term(FIELD_CT_STATE, ESTABLISHED | RELATED);
	struct rule_term invalid = number_term(FIELD_CT_STATE, INVALID);
	struct rule_term is_dnat = number_term(FIELD_CT_STATUS, IPS_DST_NAT);
	struct rule_term shared = number_term(FIELD_IIFGROUP, RULES_SHARED_GROUP);

	*chain = (struct rule_chain){ "forward", "filter", "forward", .priority = PRIORITY_FILTER };
	ADD(to->arena, chain, to->in, to->out, ACCEPT);
	if (to->network->internal) {
		ADD(to->arena, chain, to->in, COUNTER, DROP);
		ADD(to->arena, chain, to->out, COUNTER, DROP);
		return;
	}
	ADD(to->arena, chain, to->in, invalid, COUNTER, DROP);
	ADD(to->arena, chain, to->out, known, ACCEPT);
	ADD(to->arena, chain, to->out, is_dnat, ACCEPT);
	if (to->network->isolate == NETWORK_SHARED)
		ADD(to->arena, chain, to->out, shared, ACCEPT);
	ADD(to->arena, chain, to->out, COUNTER, DROP);
}

static void plan_inet(struct planning *to, struct rule_table *table)
{
	const struct rule_set **sets =
		arena_array(to->arena, const struct rule_set *, 2 * RULES_PORT_SETS);
	struct rule_chain *chains = arena_array(to->arena, struct rule_chain, 6);

	for (size_t i = 0; i < RULES_PORT_SETS; i++) {
		if (!(rules_port_sets[i].daddr == FIELD_IP_DADDR ? to->ipv4 : to->ipv6))
			continue;
		sets[table->set_count++] = &rules_port_sets[i].at;
		sets[table->set_count++] = &rules_port_sets[i].any;
	}
	table->sets = sets;
	table->chains = chains;
	table->chain_count = 6;
	plan_guard(to, &chains[0]);
	plan_published(to, &chains[1]);
	plan_arriving(to, &chains[2]);
	plan_sent(to, &chains[3]);
	plan_leaving(to, &chains[4]);
	plan_forward(to, &chains[5]);
}

uint32_t rules_port_group(const struct network *network)
{
	unsigned char digest[BLAKE2B_SIZE];
	struct blake2b hash;
	uint32_t number;

	blake2b_begin(&hash);
	blake2b_add(&hash, network->interface, strlen(network->interface));
	blake2b_end(&hash, digest);
	memcpy(&number, digest, sizeof(number));
	return 1U << 30 | (le32toh(number) & ((1U << 30) - 1));
}

char *rules_table_name(struct arena *arena, const struct network *network)
{
	return arena_printf(arena, "ctr-%s", network->interface);
}

void rules_plan(struct arena *arena, const struct network *network, struct rules_plan *plan)
{
	struct planning to = { .arena = arena,
			       .network = network,
			       .ipv4 = network_has_family(network, AF_INET),
			       .ipv6 = network_has_family(network, AF_INET6),
			       .in = name_term(FIELD_IIFNAME, false, network->interface),
			       .out = name_term(FIELD_OIFNAME, false, network->interface),
			       .not_out = name_term(FIELD_OIFNAME, true, network->interface) };
	const char *name = rules_table_name(arena, network);
	const char *comment = arena_printf(arena, "network %s of ctr", network->name);

	*plan = (struct rules_plan){
		.inet = { .family = NFPROTO_INET, .name = name, .comment = comment },
		.bridge = { .family = NFPROTO_BRIDGE, .name = name, .comment = comment },
	};
	plan_inet(&to, &plan->inet);
	rules_plan_bridge(arena, network, &plan->bridge);
}
