/* SPDX-License-Identifier: Apache-2.0 */
#include "net/rules.h"

#include <errno.h>
#include <linux/netfilter.h>

#include "net/rules_plan.h"

/* The elements of one endpoint and the table that they are in. */
struct part {
	const char *table;
	struct rule_elements elements;
};

struct change {
	struct part *parts;
	size_t count;
};

static struct change change_plan(struct arena *arena, const struct network *const *networks,
				 const struct network_attachment *attachment)
{
	struct change change = {
		.parts = arena_array(arena, struct part, attachment->endpoints.count),
	};

	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		const struct network_endpoint *endpoint = &attachment->endpoints.items[i];
		struct part *part = &change.parts[change.count];

		if (!networks[i] || networks[i]->driver != NETWORK_BRIDGE)
			continue;
		*part = (struct part){ rules_table_name(arena, networks[i]), { .arena = arena } };
		rules_member(&part->elements, attachment, endpoint);
		change.count++;
	}
	return change;
}

static int change_apply(struct netlink *netlink, struct arena *arena, const struct change *change,
			bool add, struct error *err)
{
	struct netlink_batch batch;

	netlink_batch_begin(&batch, arena);
	rule_batch_begin(&batch);
	for (size_t i = 0; i < change->count; i++)
		rule_element_messages(&batch, change->parts[i].table, add,
				      &change->parts[i].elements);
	rule_batch_end(&batch);
	return netlink_send(netlink, &batch, NULL, err);
}

/* A map has the key with another value; kernels before 5.6 say EBUSY. */
static bool is_taken(const struct error *err)
{
	return err->errnum == EEXIST || err->errnum == EBUSY;
}

int rules_attach(struct netlink *netlink, struct arena *arena,
		 const struct network *const *networks, const struct network_attachment *attachment,
		 struct error *err)
{
	struct change change = change_plan(arena, networks, attachment);

	if (!change.count || change_apply(netlink, arena, &change, true, err) >= 0)
		return 0;
	if (!is_taken(err))
		return -1;
	err->errnum = EBUSY;
	return fail_in(err, "a published port still leads to another container, which "
			    "`ctr network reload --all` puts right");
}

/*
 * What does not delete elements that are not there: they are added first, in the same batch. Without
 * the table there is nothing (ENOENT); one that has another value belongs to another container.
 */
static int remove_some(struct netlink *netlink, struct arena *arena, const char *table,
		       const struct rule_elements *elements, struct error *err)
{
	struct netlink_batch batch;

	netlink_batch_begin(&batch, arena);
	rule_batch_begin(&batch);
	rule_element_messages(&batch, table, true, elements);
	rule_element_messages(&batch, table, false, elements);
	rule_batch_end(&batch);
	return netlink_send(netlink, &batch, NULL, err);
}

static int remove_part(struct netlink *netlink, struct arena *arena, const struct part *part,
		       struct error *err)
{
	if (remove_some(netlink, arena, part->table, &part->elements, err) >= 0 ||
	    err->errnum == ENOENT)
		return 0;
	if (!is_taken(err))
		return -1;
	for (size_t i = 0; i < part->elements.count; i++) {
		const struct rule_elements one = { .items = &part->elements.items[i], .count = 1 };

		if (remove_some(netlink, arena, part->table, &one, err) < 0 &&
		    err->errnum != ENOENT && !is_taken(err))
			return -1;
	}
	return 0;
}

int rules_detach(struct netlink *netlink, struct arena *arena,
		 const struct network *const *networks, const struct network_attachment *attachment,
		 struct error *err)
{
	struct change change = change_plan(arena, networks, attachment);

	if (!change.count || change_apply(netlink, arena, &change, false, err) >= 0)
		return 0;
	if (err->errnum != ENOENT)
		return -1;
	for (size_t i = 0; i < change.count; i++)
		if (remove_part(netlink, arena, &change.parts[i], err) < 0)
			return -1;
	return 0;
}

/* What all members have in the network. */
static struct rule_elements members_plan(struct arena *arena, const struct network *network,
					 const struct rules_members *members)
{
	struct rule_elements elements = { .arena = arena };

	for (size_t i = 0; i < members->count; i++) {
		const struct network_endpoint *endpoint =
			network_attachment_in(members->items[i], network->name);

		if (endpoint)
			rules_member(&elements, members->items[i], endpoint);
	}
	return elements;
}

static int explain(struct error *err)
{
	switch (err->errnum) {
	case ENOENT:
	case EOPNOTSUPP:
	case EAFNOSUPPORT:
	case EPROTONOSUPPORT:
		return fail_in(err, "this kernel does not have all that a network's rules need");
	default:
		return -1;
	}
}

int rules_write(struct netlink *netlink, struct arena *arena, const struct network *network,
		const struct rules_members *members, struct error *err)
{
	struct rule_elements elements;
	struct netlink_batch batch;
	struct rules_plan plan;

	if (network->driver != NETWORK_BRIDGE)
		return 0;
	rules_plan(arena, network, &plan);
	elements = members_plan(arena, network, members);
	netlink_batch_begin(&batch, arena);
	rule_batch_begin(&batch);
	rule_table_messages(&batch, &plan.inet);
	rule_table_messages(&batch, &plan.bridge);
	rule_element_messages(&batch, plan.inet.name, true, &elements);
	rule_batch_end(&batch);
	return netlink_send(netlink, &batch, NULL, err) < 0 ? explain(err) : 0;
}

int rules_remove(struct netlink *netlink, struct arena *arena, const struct network *network,
		 struct error *err)
{
	const char *name = rules_table_name(arena, network);
	struct netlink_batch batch;

	if (network->driver != NETWORK_BRIDGE)
		return 0;
	netlink_batch_begin(&batch, arena);
	rule_batch_begin(&batch);
	rule_table_delete_messages(&batch, NFPROTO_INET, name);
	rule_table_delete_messages(&batch, NFPROTO_BRIDGE, name);
	rule_batch_end(&batch);
	return netlink_send(netlink, &batch, NULL, err);
}

void rules_print(FILE *file, struct arena *arena, const struct network *network,
		 const struct rules_members *members)
{
	struct rule_elements elements = members_plan(arena, network, members);
	struct rules_plan plan;

	rules_plan(arena, network, &plan);
	rule_table_print(file, &plan.inet, &elements);
	rule_table_print(file, &plan.bridge, &elements);
}
