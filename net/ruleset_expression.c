/* SPDX-License-Identifier: Apache-2.0 */
#include <libnftnl/rule.h> /* before expr.h, which lacks <stdio.h> */

#include <libnftnl/expr.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "net/ruleset_fields.h"

void *rule_whole(void *object)
{
	if (!object)
		abort();
	return object;
}

static struct nftnl_expr *expression(struct nftnl_rule *rule, const char *name)
{
	struct nftnl_expr *expr = rule_whole(nftnl_expr_alloc(name));

	nftnl_rule_add_expr(rule, expr);
	return expr;
}

/* Registers are counted in words of four bytes. */
static void load(struct nftnl_rule *rule, const struct field_row *row, uint32_t word)
{
	const uint32_t number = NFT_REG32_00 + word;
	struct nftnl_expr *expr;

	switch (row->source) {
	case SOURCE_META:
		expr = expression(rule, "meta");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_META_KEY, row->key);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_META_DREG, number);
		return;
	case SOURCE_PAYLOAD:
		expr = expression(rule, "payload");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_BASE, row->key);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_OFFSET, row->offset);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_LEN, type_row(row->type)->size);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_PAYLOAD_DREG, number);
		return;
	case SOURCE_CT:
		expr = expression(rule, "ct");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_KEY, row->key);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_CT_DREG, number);
		return;
	case SOURCE_FIB:
		expr = expression(rule, "fib");
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_FLAGS, row->key);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_RESULT, NFT_FIB_RESULT_ADDRTYPE);
		nftnl_expr_set_u32(expr, NFTNL_EXPR_FIB_DREG, number);
	}
}

static void mask(struct nftnl_rule *rule, const uint8_t *bits, uint32_t size)
{
	static const uint8_t zeros[16];
	struct nftnl_expr *expr = expression(rule, "bitwise");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_SREG, NFT_REG32_00);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_DREG, NFT_REG32_00);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_OP, NFT_BITWISE_BOOL);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_BITWISE_LEN, size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_MASK, bits, size);
	nftnl_expr_set(expr, NFTNL_EXPR_BITWISE_XOR, zeros, size);
}

static void compare(struct nftnl_rule *rule, const struct rule_term *term)
{
	static const uint8_t zeros[16];
	const struct field_row *row = field_row(term->fields[0]);
	/* bits of which any will do: what they leave is not 0 */
	bool bits = row->type == RULE_CT_STATE || row->type == RULE_CT_STATUS;
	uint32_t size = type_row(row->type)->size;
	struct nftnl_expr *expr;

	load(rule, row, 0);
	if (bits || term->masked)
		mask(rule, bits ? term->value : term->mask, size);
	expr = expression(rule, "cmp");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_SREG, NFT_REG32_00);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_CMP_OP,
			   term->negated != bits ? NFT_CMP_NEQ : NFT_CMP_EQ);
	nftnl_expr_set(expr, NFTNL_EXPR_CMP_DATA, bits ? zeros : term->value, size);
}

static void lookup(struct nftnl_rule *rule, const struct rule_term *term)
{
	struct nftnl_expr *expr;
	uint32_t word = 0;

	for (size_t i = 0; i < term->count; i++) {
		const struct field_row *row = field_row(term->fields[i]);

		load(rule, row, word);
		word += (type_row(row->type)->size + 3) / 4;
	}
	expr = expression(rule, "lookup");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_SREG, NFT_REG32_00);
	nftnl_expr_set_str(expr, NFTNL_EXPR_LOOKUP_SET, term->set->name);
	if (term->set->value_count)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_DREG, NFT_REG32_00);
	else if (term->negated)
		nftnl_expr_set_u32(expr, NFTNL_EXPR_LOOKUP_FLAGS, NFT_LOOKUP_F_INV);
}

static void dnat(struct nftnl_rule *rule, const struct rule_term *term)
{
	bool ipv4 = term->set->value[0] == RULE_IPV4;
	struct nftnl_expr *expr;

	lookup(rule, term);
	expr = expression(rule, "nat");
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_TYPE, NFT_NAT_DNAT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_FAMILY, ipv4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_ADDR_MIN, NFT_REG32_00);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_NAT_REG_PROTO_MIN, NFT_REG32_00 + (ipv4 ? 1 : 4));
}

static void verdict(struct nftnl_rule *rule, uint32_t what, const char *chain)
{
	struct nftnl_expr *expr = expression(rule, "immediate");

	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_DREG, NFT_REG_VERDICT);
	nftnl_expr_set_u32(expr, NFTNL_EXPR_IMM_VERDICT, what);
	if (chain)
		nftnl_expr_set_str(expr, NFTNL_EXPR_IMM_CHAIN, chain);
}

static void add_term(struct nftnl_rule *rule, const struct rule_term *term)
{
	switch (term->kind) {
	case TERM_COMPARE:
		return compare(rule, term);
	case TERM_LOOKUP:
		return lookup(rule, term);
	case TERM_DNAT:
		return dnat(rule, term);
	case TERM_MASQUERADE:
		expression(rule, "masq");
		return;
	case TERM_COUNTER:
		expression(rule, "counter");
		return;
	case TERM_ACCEPT:
		return verdict(rule, NF_ACCEPT, NULL);
	case TERM_DROP:
		return verdict(rule, NF_DROP, NULL);
	case TERM_RETURN:
		return verdict(rule, (uint32_t)NFT_RETURN, NULL);
	case TERM_JUMP:
		return verdict(rule, (uint32_t)NFT_JUMP, term->chain);
	case TERM_GOTO:
		return verdict(rule, (uint32_t)NFT_GOTO, term->chain);
	}
}

void rule_expressions(struct nftnl_rule *object, const struct rule *rule)
{
	for (size_t i = 0; i < rule->count; i++)
		add_term(object, &rule->terms[i]);
}

const char *rule_needs(const struct rule *rule)
{
	for (size_t i = 0; i < rule->count; i++) {
		const struct rule_term *term = &rule->terms[i];

		if (term->kind == TERM_DNAT)
			return " (CONFIG_NFT_NAT)";
		if (term->kind == TERM_MASQUERADE)
			return " (CONFIG_NFT_MASQ)";
		if (term->count && field_row(term->fields[0])->source == SOURCE_FIB)
			return " (CONFIG_NFT_FIB_INET)";
		if (term->count && field_row(term->fields[0])->source == SOURCE_CT)
			return " (CONFIG_NFT_CT)";
	}
	return "";
}
