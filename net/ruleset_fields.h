/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/ruleset.h"

/* What nf_tables calls the fields and types of net/ruleset.h: for its text and for its messages. */

enum field_source { SOURCE_META, SOURCE_PAYLOAD, SOURCE_CT, SOURCE_FIB };

struct field_row {
	const char *name;
	enum rule_type type;
	enum field_source source;
	uint32_t key;	 /* NFT_META_*, NFT_CT_*, NFT_PAYLOAD_* (the header) */
	uint32_t offset; /* in that header */
};

const struct field_row *field_row(enum rule_field field);

struct type_row {
	const char *name;
	uint32_t number; /* nft's own, which tells it how to list a set: include/datatype.h */
	uint32_t size;	 /* bytes */
};

const struct type_row *type_row(enum rule_type type);

struct nftnl_rule;
struct nftnl_udata_buf;

/*
 * libnftnl allocates with malloc(). As with an arena there is no going on without memory, and
 * nothing has been sent by then. Returns object.
 */
void *rule_whole(void *object);

/* Appends what the terms are in the kernel. */
void rule_expressions(struct nftnl_rule *object, const struct rule *rule);

/* For an error: of what kernels may lack, what the rule has, " (CONFIG_NFT_NAT)", or "". */
const char *rule_needs(const struct rule *rule);

/*
 * What nft(8) keeps with a set to list it, where the numbers of its types do not tell enough, or
 * NULL. To be freed.
 */
struct nftnl_udata_buf *rule_set_notes(const struct rule_set *set);
