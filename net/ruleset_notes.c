/* SPDX-License-Identifier: Apache-2.0 */
#include <libnftnl/udata.h>
#include <linux/netfilter/nf_tables.h>

#include "net/ruleset_fields.h"

/*
 * Numbers of nft's own, which the kernel keeps for it: enum byteorder and enum expr_types of its
 * include/datatype.h and expression.h, and what an expression writes of itself (meta.c, payload.c).
 */
enum { HOST_ORDER = 1 };
enum { EXPR_PAYLOAD = 7, EXPR_META = 9, EXPR_CONCAT = 13 };
enum { META_KEY };
enum { PAYLOAD_PROTOCOL, PAYLOAD_FIELD, PAYLOAD_BASE, PAYLOAD_OFFSET, PAYLOAD_LENGTH };
enum { PROTOCOL_ETHER = 17, ETHER_SADDR = 2, BASE_TRANSPORT = 3 };
enum { CONCAT_EXPR, CONCAT_DATA };

static void put_meta(struct nftnl_udata_buf *notes, const struct field_row *row)
{
	struct nftnl_udata *nest;

	nftnl_udata_put_u32(notes, CONCAT_EXPR, EXPR_META);
	nest = nftnl_udata_nest_start(notes, CONCAT_DATA);
	nftnl_udata_put_u32(notes, META_KEY, row->key);
	nftnl_udata_nest_end(notes, nest);
}

/* Of the fields that nft has names for only this one is in a set of ours that needs notes. */
static void put_payload(struct nftnl_udata_buf *notes, const struct field_row *row, bool saddr)
{
	struct nftnl_udata *nest;

	nftnl_udata_put_u32(notes, CONCAT_EXPR, EXPR_PAYLOAD);
	nest = nftnl_udata_nest_start(notes, CONCAT_DATA);
	nftnl_udata_put_u32(notes, PAYLOAD_PROTOCOL, saddr ? PROTOCOL_ETHER : 0);
	nftnl_udata_put_u32(notes, PAYLOAD_FIELD, saddr ? ETHER_SADDR : 0);
	if (!saddr) {
		nftnl_udata_put_u32(notes, PAYLOAD_BASE, BASE_TRANSPORT);
		nftnl_udata_put_u32(notes, PAYLOAD_OFFSET, 8 * row->offset);
		nftnl_udata_put_u32(notes, PAYLOAD_LENGTH, 8 * type_row(row->type)->size);
	}
	nftnl_udata_nest_end(notes, nest);
}

static void put_typeof(struct nftnl_udata_buf *notes, const struct rule_set *set)
{
	struct nftnl_udata *key = nftnl_udata_nest_start(notes, NFTNL_UDATA_SET_KEY_TYPEOF), *data;

	nftnl_udata_put_u32(notes, NFTNL_UDATA_SET_TYPEOF_EXPR, EXPR_CONCAT);
	data = nftnl_udata_nest_start(notes, NFTNL_UDATA_SET_TYPEOF_DATA);
	for (uint8_t i = 0; i < set->key_count; i++) {
		const struct field_row *row = field_row(set->of[i]);
		struct nftnl_udata *part = nftnl_udata_nest_start(notes, i);

		if (row->source == SOURCE_META)
			put_meta(notes, row);
		else
			put_payload(notes, row, set->of[i] == FIELD_ETHER_SADDR);
		nftnl_udata_nest_end(notes, part);
	}
	nftnl_udata_nest_end(notes, data);
	nftnl_udata_nest_end(notes, key);
}

/* Names of interfaces are in the host's order to nft, where they are not part of a longer key. */
struct nftnl_udata_buf *rule_set_notes(const struct rule_set *set)
{
	bool name = set->key_count == 1 && set->key[0] == RULE_INTERFACE;
	struct nftnl_udata_buf *notes;

	if (!name && !set->of)
		return NULL;
	notes = rule_whole(nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN));
	nftnl_udata_put_u32(notes, NFTNL_UDATA_SET_KEYBYTEORDER, name ? HOST_ORDER : 0);
	if (set->of)
		put_typeof(notes, set);
	return notes;
}
