/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <netinet/icmp6.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "net/ruleset_fields.h"

struct word {
	uint32_t value;
	const char *text;
};

static void print_word(FILE *file, const struct word *words, size_t count, uint32_t value)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].value == value) {
			fputs(words[i].text, file);
			return;
		}
	fprintf(file, "%u", value);
}
#define print_word(file, words, value) print_word(file, words, ARRAY_SIZE(words), value)

static const struct word ether_types[] = { { ETH_P_IP, "ip" },
					   { ETH_P_IPV6, "ip6" },
					   { ETH_P_ARP, "arp" } };
static const struct word families[] = { { NFPROTO_IPV4, "ipv4" }, { NFPROTO_IPV6, "ipv6" } };
static const struct word protocols[] = { { IPPROTO_TCP, "tcp" },
					 { IPPROTO_UDP, "udp" },
					 { IPPROTO_SCTP, "sctp" },
					 { IPPROTO_ICMPV6, "ipv6-icmp" } };
static const struct word icmpv6_types[] = {
	{ MLD_LISTENER_REPORT, "mld-listener-report" },
	{ ND_ROUTER_ADVERT, "nd-router-advert" },
	{ ND_NEIGHBOR_SOLICIT, "nd-neighbor-solicit" },
	{ ND_NEIGHBOR_ADVERT, "nd-neighbor-advert" },
	{ ND_REDIRECT, "nd-redirect" },
	{ 143, "mld2-listener-report" },
};
#define STATE_OF(info) (1U << ((info) + 1)) /* NF_CT_STATE_BIT() of the kernel */
static const struct word states[] = {
	{ 1, "invalid" },
	{ STATE_OF(IP_CT_ESTABLISHED) | STATE_OF(IP_CT_RELATED), "established,related" },
};
static const struct word statuses[] = { { IPS_DST_NAT, "dnat" } };
static const struct word address_types[] = { { RTN_LOCAL, "local" } };

static void print_ip(FILE *file, int family, const uint8_t *bytes)
{
	char buffer[INET6_ADDRSTRLEN];

	fputs(inet_ntop(family, bytes, buffer, sizeof(buffer)), file);
}

static void print_value(FILE *file, enum rule_type type, const uint8_t *bytes)
{
	uint32_t number = 0;

	memcpy(&number, bytes, rule_type_size(type) < 4 ? 0 : 4);
	switch (type) {
	case RULE_INTERFACE:
		fprintf(file, "\"%s\"", (const char *)bytes);
		return;
	case RULE_MAC:
		fprintf(file, "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1], bytes[2],
			bytes[3], bytes[4], bytes[5]);
		return;
	case RULE_IPV4:
		return print_ip(file, AF_INET, bytes);
	case RULE_IPV6:
		return print_ip(file, AF_INET6, bytes);
	case RULE_PORT:
		fprintf(file, "%u", bytes[0] * 256U + bytes[1]);
		return;
	case RULE_HALF:
		fputs("0x", file);
		for (size_t i = 0; i < 8; i++)
			fprintf(file, "%02x", bytes[i]);
		return;
	case RULE_ETHER_TYPE:
		return print_word(file, ether_types, bytes[0] * 256U + bytes[1]);
	case RULE_FAMILY:
		return print_word(file, families, bytes[0]);
	case RULE_PROTOCOL:
		return print_word(file, protocols, bytes[0]);
	case RULE_ICMPV6_TYPE:
		return print_word(file, icmpv6_types, bytes[0]);
	case RULE_CT_STATE:
		return print_word(file, states, number);
	case RULE_CT_STATUS:
		return print_word(file, statuses, number);
	case RULE_ADDRESS_TYPE:
		return print_word(file, address_types, number);
	case RULE_GROUP:
		fprintf(file, "%u", number);
		return;
	case RULE_BYTES:
		fprintf(file, "0x%02x%02x%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3],
			bytes[4], bytes[5]);
	}
}

static unsigned prefix_length(const uint8_t *mask, size_t size)
{
	unsigned length = 0;

	for (size_t i = 0; i < size; i++)
		length += (unsigned)__builtin_popcount(mask[i]);
	return length;
}

static void print_compare(FILE *file, const struct rule_term *term)
{
	const struct field_row *row = field_row(term->fields[0]);
	bool prefix = row->type == RULE_IPV4 || row->type == RULE_IPV6;

	fputs(row->name, file);
	if (term->masked && row->type == RULE_MAC) {
		fputs(" & ", file);
		print_value(file, row->type, term->mask);
		fputs(term->negated ? "" : " ==", file);
	}
	fputs(term->negated ? " != " : " ", file);
	print_value(file, row->type, term->value);
	if (term->masked && prefix)
		fprintf(file, "/%u", prefix_length(term->mask, rule_type_size(row->type)));
}

static void print_fields(FILE *file, const enum rule_field *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%s%s", i ? " . " : "", field_row(fields[i])->name);
}

static void print_dnat(FILE *file, const struct rule_term *term)
{
	fprintf(file, "dnat %s to ", term->set->value[0] == RULE_IPV4 ? "ip" : "ip6");
	print_fields(file, term->fields, term->count);
	fprintf(file, " map @%s", term->set->name);
}

static void print_term(FILE *file, const struct rule_term *term)
{
	static const char *const words[] = {
		[TERM_MASQUERADE] = "masquerade",
		[TERM_COUNTER] = "counter",
		[TERM_ACCEPT] = "accept",
		[TERM_DROP] = "drop",
		[TERM_RETURN] = "return",
		[TERM_JUMP] = "jump ",
		[TERM_GOTO] = "goto ",
	};

	if (term->kind == TERM_COMPARE) {
		print_compare(file, term);
	} else if (term->kind == TERM_LOOKUP) {
		print_fields(file, term->fields, term->count);
		fprintf(file, "%s @%s", term->negated ? " !=" : "", term->set->name);
	} else if (term->kind == TERM_DNAT) {
		print_dnat(file, term);
	} else {
		fprintf(file, "%s%s", words[term->kind], term->chain ? term->chain : "");
	}
}

static void print_chain(FILE *file, const struct rule_chain *chain)
{
	fprintf(file, "\tchain %s {\n", chain->name);
	if (chain->type)
		fprintf(file, "\t\ttype %s hook %s priority %d; policy accept;\n", chain->type,
			chain->hook, chain->priority);
	for (size_t i = 0; i < chain->count; i++) {
		const struct rule *rule = &chain->rules[i];

		for (size_t k = 0; k < rule->count; k++) {
			fputs(k ? " " : "\t\t", file);
			print_term(file, &rule->terms[k]);
		}
		fputs("\n", file);
	}
	fputs("\t}\n", file);
}

static void print_types(FILE *file, const enum rule_type *types, size_t count)
{
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%s%s", i ? " . " : "", type_row(types[i])->name);
}

static void print_key(FILE *file, const enum rule_type *types, size_t count, const uint8_t *bytes)
{
	for (size_t i = 0; i < count; i++) {
		fputs(i ? " . " : "", file);
		print_value(file, types[i], bytes + rule_key_offset(types, i));
	}
}

static void print_elements(FILE *file, const struct rule_set *set,
			   const struct rule_elements *elements)
{
	const char *before = "\t\telements = {\n\t\t\t";

	for (size_t i = 0; i < elements->count; i++) {
		const struct rule_element *element = &elements->items[i];

		if (element->set != set)
			continue;
		fputs(before, file);
		before = ",\n\t\t\t";
		print_key(file, set->key, set->key_count, element->key);
		if (set->value_count) {
			fputs(" : ", file);
			print_key(file, set->value, set->value_count, element->value);
		}
	}
	fputs(before[0] == ',' ? "\n\t\t}\n" : "", file);
}

static void print_set(FILE *file, const struct rule_set *set, const struct rule_elements *elements)
{
	fprintf(file, "\t%s %s {\n\t\t", set->value_count ? "map" : "set", set->name);
	if (set->of) {
		fputs("typeof ", file);
		print_fields(file, set->of, set->key_count);
	} else {
		fputs("type ", file);
		print_types(file, set->key, set->key_count);
	}
	if (set->value_count) {
		fputs(" : ", file);
		print_types(file, set->value, set->value_count);
	}
	fputs(set->counter ? "\n\t\tcounter\n" : "\n", file);
	print_elements(file, set, elements);
	fputs("\t}\n", file);
}

void rule_table_print(FILE *file, const struct rule_table *table,
		      const struct rule_elements *elements)
{
	fprintf(file, "table %s %s {\n", table->family == NFPROTO_INET ? "inet" : "bridge",
		table->name);
	fprintf(file, "\tcomment \"%s\"\n", table->comment);
	for (size_t i = 0; i < table->set_count; i++)
		print_set(file, table->sets[i], elements);
	for (size_t i = 0; i < table->chain_count; i++)
		print_chain(file, &table->chains[i]);
	fputs("}\n", file);
}
