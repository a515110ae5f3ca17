/* SPDX-License-Identifier: Apache-2.0 */
#include "net/ruleset.h"

#include <linux/netfilter/nf_tables.h>
#include <string.h>

#include "net/ruleset_fields.h"

static const struct type_row types[] = {
	[RULE_INTERFACE] = { "ifname", 41, 16 },
	[RULE_MAC] = { "ether_addr", 9, 6 },
	[RULE_IPV4] = { "ipv4_addr", 7, 4 },
	[RULE_IPV6] = { "ipv6_addr", 8, 16 },
	[RULE_PORT] = { "inet_service", 13, 2 },
	[RULE_HALF] = { "integer", 4, 8 },
	[RULE_ETHER_TYPE] = { .size = 2 },
	[RULE_FAMILY] = { .size = 1 },
	[RULE_PROTOCOL] = { .size = 1 },
	[RULE_ICMPV6_TYPE] = { .size = 1 },
	[RULE_CT_STATE] = { .size = 4 },
	[RULE_CT_STATUS] = { .size = 4 },
	[RULE_ADDRESS_TYPE] = { .size = 4 },
	[RULE_GROUP] = { .size = 4 },
	[RULE_BYTES] = { .size = 6 },
};

const struct type_row *type_row(enum rule_type type)
{
	return &types[type];
}

#define META(type, key) type, SOURCE_META, NFT_META_##key, 0
#define LINK(type, offset) type, SOURCE_PAYLOAD, NFT_PAYLOAD_LL_HEADER, offset
#define NETWORK(type, offset) type, SOURCE_PAYLOAD, NFT_PAYLOAD_NETWORK_HEADER, offset
#define TRANSPORT(type, offset) type, SOURCE_PAYLOAD, NFT_PAYLOAD_TRANSPORT_HEADER, offset

static const struct field_row fields[] = {
	[FIELD_IIFNAME] = { "iifname", META(RULE_INTERFACE, IIFNAME) },
	[FIELD_OIFNAME] = { "oifname", META(RULE_INTERFACE, OIFNAME) },
	[FIELD_IIFGROUP] = { "iifgroup", META(RULE_GROUP, IIFGROUP) },
	[FIELD_OIFGROUP] = { "oifgroup", META(RULE_GROUP, OIFGROUP) },
	[FIELD_FAMILY] = { "meta nfproto", META(RULE_FAMILY, NFPROTO) },
	[FIELD_PROTOCOL] = { "meta l4proto", META(RULE_PROTOCOL, L4PROTO) },
	[FIELD_ETHER_TYPE] = { "ether type", LINK(RULE_ETHER_TYPE, 12) },
	[FIELD_ETHER_SADDR] = { "ether saddr", LINK(RULE_MAC, 6) },
	[FIELD_ETHER_DADDR] = { "ether daddr", LINK(RULE_MAC, 0) },
	[FIELD_IP_SADDR] = { "ip saddr", NETWORK(RULE_IPV4, 12) },
	[FIELD_IP_DADDR] = { "ip daddr", NETWORK(RULE_IPV4, 16) },
	[FIELD_IP6_SADDR] = { "ip6 saddr", NETWORK(RULE_IPV6, 8) },
	[FIELD_IP6_DADDR] = { "ip6 daddr", NETWORK(RULE_IPV6, 24) },
	[FIELD_TCP_DPORT] = { "tcp dport", TRANSPORT(RULE_PORT, 2) },
	[FIELD_UDP_DPORT] = { "udp dport", TRANSPORT(RULE_PORT, 2) },
	[FIELD_SCTP_DPORT] = { "sctp dport", TRANSPORT(RULE_PORT, 2) },
	[FIELD_ICMPV6_TYPE] = { "icmpv6 type", TRANSPORT(RULE_ICMPV6_TYPE, 0) },
	[FIELD_ND_TARGET_HIGH] = { "@th,64,64", TRANSPORT(RULE_HALF, 8) },
	[FIELD_ND_TARGET_LOW] = { "@th,128,64", TRANSPORT(RULE_HALF, 16) },
	[FIELD_ARP_FORM] = { "@nh,0,48", NETWORK(RULE_BYTES, 0) },
	[FIELD_ARP_SENDER_MAC] = { "arp saddr ether", NETWORK(RULE_MAC, 8) },
	[FIELD_ARP_SENDER_IP] = { "arp saddr ip", NETWORK(RULE_IPV4, 14) },
	[FIELD_CT_STATE] = { "ct state", RULE_CT_STATE, SOURCE_CT, NFT_CT_STATE, 0 },
	[FIELD_CT_STATUS] = { "ct status", RULE_CT_STATUS, SOURCE_CT, NFT_CT_STATUS, 0 },
	[FIELD_DADDR_TYPE] = { "fib daddr type", RULE_ADDRESS_TYPE, SOURCE_FIB, NFTA_FIB_F_DADDR,
			       0 },
};

const struct field_row *field_row(enum rule_field field)
{
	return &fields[field];
}

size_t rule_type_size(enum rule_type type)
{
	return types[type].size;
}

size_t rule_key_offset(const enum rule_type *key, size_t number)
{
	size_t offset = 0;

	for (size_t i = 0; i < number; i++)
		offset += (types[key[i]].size + 3) & ~(size_t)3;
	return offset;
}

size_t rule_key_size(const enum rule_type *key, size_t count)
{
	return count == 1 ? types[key[0]].size : rule_key_offset(key, count);
}

struct rule_element *rule_element_add(struct rule_elements *elements, const struct rule_set *set)
{
	if (elements->count == elements->room) {
		size_t room = elements->room ? 2 * elements->room : 16;
		struct rule_element *items =
			arena_array(elements->arena, struct rule_element, room);

		if (elements->count)
			memcpy(items, elements->items, elements->count * sizeof(*items));
		elements->items = items;
		elements->room = room;
	}
	elements->items[elements->count].set = set;
	return &elements->items[elements->count++];
}

void rule_add(struct arena *arena, struct rule_chain *chain, const struct rule_term *terms,
	      size_t count)
{
	struct rule_term *copy = arena_array(arena, struct rule_term, count);

	if (chain->count == chain->room) {
		size_t room = chain->room ? 2 * chain->room : 8;
		struct rule *rules = arena_array(arena, struct rule, room);

		if (chain->count)
			memcpy(rules, chain->rules, chain->count * sizeof(*rules));
		chain->rules = rules;
		chain->room = room;
	}
	memcpy(copy, terms, count * sizeof(*copy));
	chain->rules[chain->count++] = (struct rule){ copy, count };
}
