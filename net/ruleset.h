/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "net/netlink.h"

/*
 * Rules of nf_tables as values: tables with sets, chains and rules, in the few words that ours need.
 * They are written as text in the grammar of nft(8), which reads it as it is, and as the messages of
 * one batch, by libnftnl (kernel: Documentation/netlink/specs/nftables.yaml).
 *
 * A set's key and value are rows of types, each begun at a multiple of four bytes, in network order.
 */

enum rule_type {
	RULE_INTERFACE, /* a name, zeros behind it */
	RULE_MAC,
	RULE_IPV4,
	RULE_IPV6,
	RULE_PORT,
	RULE_HALF, /* of an IPv6 address */
	/* of comparisons only */
	RULE_ETHER_TYPE,
	RULE_FAMILY,   /* NFPROTO_* */
	RULE_PROTOCOL, /* IPPROTO_* */
	RULE_ICMPV6_TYPE,
	RULE_CT_STATE, /* bits: any of them */
	RULE_CT_STATUS,
	RULE_ADDRESS_TYPE, /* RTN_* */
	RULE_GROUP,
	RULE_BYTES, /* six of them */
};

/* What is looked at of a packet. */
enum rule_field {
	FIELD_IIFNAME,
	FIELD_OIFNAME,
	FIELD_IIFGROUP,
	FIELD_OIFGROUP,
	FIELD_FAMILY,
	FIELD_PROTOCOL,
	FIELD_ETHER_TYPE,
	FIELD_ETHER_SADDR,
	FIELD_ETHER_DADDR,
	FIELD_IP_SADDR,
	FIELD_IP_DADDR,
	FIELD_IP6_SADDR,
	FIELD_IP6_DADDR,
	FIELD_TCP_DPORT,
	FIELD_UDP_DPORT,
	FIELD_SCTP_DPORT,
	FIELD_ICMPV6_TYPE,
	FIELD_ND_TARGET_HIGH, /* of neighbour solicitations and advertisements, the first half */
	FIELD_ND_TARGET_LOW,  /* and the second: nft(8) has a word for the whole, but not always */
	FIELD_ARP_FORM,	      /* hardware, protocol, and the sizes of their addresses */
	FIELD_ARP_SENDER_MAC,
	FIELD_ARP_SENDER_IP,
	FIELD_CT_STATE,
	FIELD_CT_STATUS,
	FIELD_DADDR_TYPE, /* whose the destination is, by the routes */
};

#define RULE_KEY_MAX 4	 /* types */
#define RULE_KEY_SIZE 40 /* bytes */
#define RULE_VALUE_SIZE 20

/* A set of keys, or with value types a map, found by a hash. */
struct rule_set {
	const char *name;
	uint8_t family; /* NFPROTO_* of its table */
	uint8_t key_count, value_count;
	enum rule_type key[RULE_KEY_MAX], value[2];
	const enum rule_field
		*of;  /* what the key is of, where its types do not tell nft(8); or NULL */
	bool counter; /* counts for each element the packets that have asked for it */
};

struct rule_element {
	const struct rule_set *set;
	uint8_t key[RULE_KEY_SIZE], value[RULE_VALUE_SIZE];
};

/* In groups of the same set, each of which becomes one message or few. */
struct rule_elements {
	struct arena *arena;
	struct rule_element *items;
	size_t count, room;
};

/* Appends an element of zeros. */
struct rule_element *rule_element_add(struct rule_elements *elements, const struct rule_set *set);
/* Where part number of a key or of a value begins. */
size_t rule_key_offset(const enum rule_type *types, size_t number);
/* Bytes of a whole one. */
size_t rule_key_size(const enum rule_type *types, size_t count);
/* Bytes of one type. */
size_t rule_type_size(enum rule_type type);

enum rule_term_kind {
	TERM_COMPARE, /* field, under mask, is (not) value */
	TERM_LOOKUP,  /* fields are (not) in the set */
	TERM_DNAT, /* the destination becomes what the map has for fields; goes on when nothing */
	TERM_MASQUERADE,
	TERM_COUNTER,
	TERM_ACCEPT,
	TERM_DROP,
	TERM_RETURN,
	TERM_JUMP,
	TERM_GOTO,
};

struct rule_term {
	enum rule_term_kind kind;
	bool negated;
	uint8_t count; /* of fields */
	bool masked;
	enum rule_field fields[RULE_KEY_MAX];
	uint8_t value[16], mask[16];
	const struct rule_set *set;
	const char *chain; /* to jump or go to */
};

struct rule {
	struct rule_term *terms;
	size_t count;
};

struct rule_chain {
	const char *name;
	const char *type; /* "filter", "nat"; NULL: one that others jump to */
	const char *hook; /* "prerouting", ... */
	int priority;
	struct rule *rules;
	size_t count, room;
};

struct rule_table {
	uint8_t family; /* NFPROTO_INET, NFPROTO_BRIDGE */
	const char *name;
	const char *comment;
	const struct rule_set *const *sets;
	size_t set_count;
	struct rule_chain *chains; /* those that others jump to stand before these */
	size_t chain_count;
};

/* Appends a rule with a copy of the terms. */
void rule_add(struct arena *arena, struct rule_chain *chain, const struct rule_term *terms,
	      size_t count);

/* Writes the text of a table with those elements that are of its sets. */
void rule_table_print(FILE *file, const struct rule_table *table,
		      const struct rule_elements *elements);

/* Opens and closes what is done as one or not at all; other messages stand between the two. */
void rule_batch_begin(struct netlink_batch *batch);
void rule_batch_end(struct netlink_batch *batch);

/*
 * Messages that take away what the table is, if it is there, and make it anew, without elements.
 * Their names, for errors, are in the batch's arena.
 */
void rule_table_messages(struct netlink_batch *batch, const struct rule_table *table);
/* Those that only take it away, if it is there. */
void rule_table_delete_messages(struct netlink_batch *batch, uint8_t family, const char *name);

/* Messages that add elements to sets of the table name, or take them away. */
void rule_element_messages(struct netlink_batch *batch, const char *table, bool add,
			   const struct rule_elements *elements);
