/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <assert.h>
#include <libnftnl/chain.h>
#include <libnftnl/expr.h>
#include <libnftnl/rule.h>
#include <libnftnl/set.h>
#include <libnftnl/table.h>
#include <libnftnl/udata.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter_bridge.h>
#include <stdlib.h>
#include <string.h>

#include "net/ruleset_fields.h"

static struct nlmsghdr *begin(struct netlink_batch *batch, const char *what, uint16_t type,
			      uint16_t flags, uint8_t family)
{
	struct nlmsghdr *message =
		netlink_message(batch, what, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	return message;
}

static void edge(struct netlink_batch *batch, const char *what, uint16_t type)
{
	struct nlmsghdr *message = netlink_message(batch, what, type, 0);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	header->nfgen_family = AF_UNSPEC;
	header->version = NFNETLINK_V0;
	header->res_id = htons(NFNL_SUBSYS_NFTABLES);
}

void rule_batch_begin(struct netlink_batch *batch)
{
	edge(batch, "nf_tables (CONFIG_NF_TABLES)", NFNL_MSG_BATCH_BEGIN);
}

void rule_batch_end(struct netlink_batch *batch)
{
	edge(batch, "nf_tables: commit", NFNL_MSG_BATCH_END);
}

/* Tables, chains, sets, rules */

static const char *family_name(uint8_t family)
{
	return family == NFPROTO_INET ? "inet (CONFIG_NF_TABLES_INET)"
				      : "bridge (CONFIG_NF_TABLES_BRIDGE)";
}

static void table_message(struct netlink_batch *batch, uint16_t type, uint8_t family,
			  const char *name, const char *comment)
{
	struct nftnl_table *object = rule_whole(nftnl_table_alloc());
	struct nftnl_udata_buf *notes = rule_whole(nftnl_udata_buf_alloc(NFT_USERDATA_MAXLEN));
	struct nlmsghdr *message =
		begin(batch,
		      arena_printf(batch->arena, "nf_tables: table %s of family %s", name,
				   family_name(family)),
		      type, type == NFT_MSG_NEWTABLE ? NLM_F_CREATE : 0, family);

	nftnl_table_set_str(object, NFTNL_TABLE_NAME, name);
	if (comment) {
		nftnl_udata_put_strz(notes, NFTNL_UDATA_TABLE_COMMENT, comment);
		nftnl_table_set_data(object, NFTNL_TABLE_USERDATA, nftnl_udata_buf_data(notes),
				     nftnl_udata_buf_len(notes));
	}
	nftnl_table_nlmsg_build_payload(message, object);
	nftnl_udata_buf_free(notes);
	nftnl_table_free(object);
}

/* The first makes it where there is none, so that there is something to take away. */
void rule_table_delete_messages(struct netlink_batch *batch, uint8_t family, const char *name)
{
	table_message(batch, NFT_MSG_NEWTABLE, family, name, NULL);
	table_message(batch, NFT_MSG_DELTABLE, family, name, NULL);
}

/* Of both families. */
static_assert((int)NF_BR_PRE_ROUTING == (int)NF_INET_PRE_ROUTING &&
		      (int)NF_BR_LOCAL_IN == (int)NF_INET_LOCAL_IN,
	      "hooks of bridges");

static uint32_t hook_number(const char *hook)
{
	static const char *const names[] = {
		[NF_INET_PRE_ROUTING] = "prerouting",	[NF_INET_LOCAL_IN] = "input",
		[NF_INET_FORWARD] = "forward",		[NF_INET_LOCAL_OUT] = "output",
		[NF_INET_POST_ROUTING] = "postrouting",
	};
	uint32_t number = 0;

	while (strcmp(names[number], hook) != 0)
		number++;
	return number;
}

static void chain_message(struct netlink_batch *batch, const struct rule_table *table,
			  const struct rule_chain *chain)
{
	struct nftnl_chain *object = rule_whole(nftnl_chain_alloc());
	struct nlmsghdr *message =
		begin(batch,
		      arena_printf(batch->arena, "nf_tables: chain %s%s", chain->name,
				   chain->type && strcmp(chain->type, "nat") == 0
					   ? " of type nat (CONFIG_NFT_NAT, CONFIG_NF_NAT)"
					   : ""),
		      NFT_MSG_NEWCHAIN, NLM_F_CREATE, table->family);

	nftnl_chain_set_str(object, NFTNL_CHAIN_TABLE, table->name);
	nftnl_chain_set_str(object, NFTNL_CHAIN_NAME, chain->name);
	if (chain->type) {
		nftnl_chain_set_str(object, NFTNL_CHAIN_TYPE, chain->type);
		nftnl_chain_set_u32(object, NFTNL_CHAIN_HOOKNUM, hook_number(chain->hook));
		nftnl_chain_set_s32(object, NFTNL_CHAIN_PRIO, chain->priority);
		nftnl_chain_set_u32(object, NFTNL_CHAIN_POLICY, NF_ACCEPT);
	}
	nftnl_chain_nlmsg_build_payload(message, object);
	nftnl_chain_free(object);
}

static uint32_t type_numbers(const enum rule_type *types, size_t count)
{
	uint32_t number = 0;

	for (size_t i = 0; i < count; i++)
		number = number << 6 | type_row(types[i])->number;
	return number;
}

static void set_message(struct netlink_batch *batch, const struct rule_table *table,
			const struct rule_set *set, uint32_t id)
{
	struct nftnl_set *object = rule_whole(nftnl_set_alloc());
	struct nftnl_udata_buf *notes = rule_set_notes(set);
	struct nlmsghdr *message = begin(batch,
					 arena_printf(batch->arena, "nf_tables: set %s", set->name),
					 NFT_MSG_NEWSET, NLM_F_CREATE, table->family);

	nftnl_set_set_str(object, NFTNL_SET_TABLE, table->name);
	nftnl_set_set_str(object, NFTNL_SET_NAME, set->name);
	nftnl_set_set_u32(object, NFTNL_SET_ID, id);
	nftnl_set_set_u32(object, NFTNL_SET_KEY_TYPE, type_numbers(set->key, set->key_count));
	nftnl_set_set_u32(object, NFTNL_SET_KEY_LEN,
			  (uint32_t)rule_key_size(set->key, set->key_count));
	if (set->value_count) {
		nftnl_set_set_u32(object, NFTNL_SET_FLAGS, NFT_SET_MAP);
		nftnl_set_set_u32(object, NFTNL_SET_DATA_TYPE,
				  type_numbers(set->value, set->value_count));
		nftnl_set_set_u32(object, NFTNL_SET_DATA_LEN,
				  (uint32_t)rule_key_size(set->value, set->value_count));
	}
	if (notes)
		nftnl_set_set_data(object, NFTNL_SET_USERDATA, nftnl_udata_buf_data(notes),
				   nftnl_udata_buf_len(notes));
	if (set->counter)
		nftnl_set_add_expr(object, rule_whole(nftnl_expr_alloc("counter")));
	nftnl_set_nlmsg_build_payload(message, object);
	if (notes)
		nftnl_udata_buf_free(notes);
	nftnl_set_free(object);
}

static void rule_message(struct netlink_batch *batch, const struct rule_table *table,
			 const struct rule_chain *chain, size_t number)
{
	const struct rule *rule = &chain->rules[number];
	struct nftnl_rule *object = rule_whole(nftnl_rule_alloc());
	struct nlmsghdr *message =
		begin(batch,
		      arena_printf(batch->arena, "nf_tables: rule %zu of chain %s%s", number + 1,
				   chain->name, rule_needs(rule)),
		      NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, table->family);

	nftnl_rule_set_str(object, NFTNL_RULE_TABLE, table->name);
	nftnl_rule_set_str(object, NFTNL_RULE_CHAIN, chain->name);
	rule_expressions(object, rule);
	nftnl_rule_nlmsg_build_payload(message, object);
	nftnl_rule_free(object);
}

void rule_table_messages(struct netlink_batch *batch, const struct rule_table *table)
{
	rule_table_delete_messages(batch, table->family, table->name);
	table_message(batch, NFT_MSG_NEWTABLE, table->family, table->name, table->comment);
	for (size_t i = 0; i < table->set_count; i++)
		set_message(batch, table, table->sets[i], (uint32_t)i + 1);
	for (size_t i = 0; i < table->chain_count; i++)
		chain_message(batch, table, &table->chains[i]);
	for (size_t i = 0; i < table->chain_count; i++)
		for (size_t k = 0; k < table->chains[i].count; k++)
			rule_message(batch, table, &table->chains[i], k);
}

/* Elements */

static struct nftnl_set *elements_object(const char *table, bool values,
					 const struct rule_elements *elements, size_t from,
					 size_t to)
{
	const struct rule_set *set = elements->items[from].set;
	struct nftnl_set *object = rule_whole(nftnl_set_alloc());
	uint32_t key_size = (uint32_t)rule_key_size(set->key, set->key_count);
	uint32_t value_size = (uint32_t)rule_key_size(set->value, set->value_count);

	nftnl_set_set_str(object, NFTNL_SET_TABLE, table);
	nftnl_set_set_str(object, NFTNL_SET_NAME, set->name);
	for (; from < to; from++) {
		const struct rule_element *item = &elements->items[from];
		struct nftnl_set_elem *element = rule_whole(nftnl_set_elem_alloc());

		nftnl_set_elem_set(element, NFTNL_SET_ELEM_KEY, item->key, key_size);
		if (set->value_count && values)
			nftnl_set_elem_set(element, NFTNL_SET_ELEM_DATA, item->value, value_size);
		nftnl_set_elem_add(object, element);
	}
	return object;
}

static void group_messages(struct netlink_batch *batch, const char *table, bool add,
			   const struct rule_elements *elements, size_t from, size_t to)
{
	const struct rule_set *set = elements->items[from].set;
	struct nftnl_set *object = elements_object(table, add, elements, from, to);
	struct nftnl_set_elems_iter *iterator = rule_whole(nftnl_set_elems_iter_create(object));
	const char *what = arena_printf(batch->arena, "nf_tables: %s element of %s",
					add ? "add" : "delete", set->name);
	int more;

	/* A list of attributes has at most 64 kB, so of many there are several. */
	do {
		struct nlmsghdr *message = begin(batch, what,
						 add ? NFT_MSG_NEWSETELEM : NFT_MSG_DELSETELEM,
						 add ? NLM_F_CREATE : 0, set->family);

		more = nftnl_set_elems_nlmsg_build_payload_iter(message, iterator);
	} while (more > 0);
	nftnl_set_elems_iter_destroy(iterator);
	nftnl_set_free(object);
}

void rule_element_messages(struct netlink_batch *batch, const char *table, bool add,
			   const struct rule_elements *elements)
{
	size_t from = 0;

	for (size_t to = 1; to <= elements->count; to++) {
		if (to < elements->count && elements->items[to].set == elements->items[from].set)
			continue;
		group_messages(batch, table, add, elements, from, to);
		from = to;
	}
}
