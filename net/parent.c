/* SPDX-License-Identifier: Apache-2.0 */
#include "net/parent.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "net/link_message.h"

const char *parent_name(const struct network *network, char name[IFNAMSIZ])
{
	char suffix[8] = "";
	size_t room;

	if (network->vlan)
		snprintf(suffix, sizeof(suffix), ".%u", network->vlan % 4096);
	/* what is too long is cut before the number, which tells the links of a parent apart */
	room = IFNAMSIZ - 1 - strlen(suffix);
	snprintf(name, IFNAMSIZ, "%.*s%s", (int)room, network->interface, suffix);
	return name;
}

static int make_vlan(struct netlink *host, struct arena *arena, const struct network *network,
		     uint32_t parent, const char *name, struct error *err)
{
	struct netlink_batch batch;
	struct nlmsghdr *message;
	struct link_kind vlan;

	netlink_batch_begin(&batch, arena);
	message = link_message(&batch, arena_printf(arena, "make interface %s", name), RTM_NEWLINK,
			       NLM_F_CREATE | NLM_F_EXCL, 0);
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_LINK, parent);
	vlan = link_kind_begin(message, "vlan");
	mnl_attr_put_u16(message, IFLA_VLAN_ID, (uint16_t)network->vlan);
	link_kind_end(message, vlan);
	/* two containers started at the same time make the same one */
	if (netlink_send(host, &batch, NULL, err) < 0 && err->errnum != EEXIST)
		return link_kind_failed("vlan", err);
	netlink_batch_begin(&batch, arena);
	message = link_message(&batch, "mark it", RTM_SETLINK, 0, 0);
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_strz(message, IFLA_IFALIAS,
			  arena_printf(arena, LINK_ALIAS "%s", network->name));
	link_put_up(message);
	return netlink_send(host, &batch, NULL, err);
}

static int see_alias(const struct nlmsghdr *answer, void *context, struct error *err)
{
	const struct nlattr *alias = netlink_attribute(answer, sizeof(struct ifinfomsg),
						       IFLA_IFALIAS, strlen(LINK_ALIAS));

	(void)err;
	if (alias && !strncmp(mnl_attr_get_payload(alias), LINK_ALIAS, strlen(LINK_ALIAS)))
		*(bool *)context = true;
	return 0;
}

int parent_check(const struct netlink *host, const struct network *network, struct error *err)
{
	if (link_index(host, network->interface))
		return 0;
	return fail(err, ENODEV, "its parent '%s' is no interface of this host",
		    network->interface);
}

int parent_make(struct netlink *host, struct arena *arena, const struct network *network,
		struct error *err)
{
	uint32_t parent = link_index(host, network->interface);
	char name[IFNAMSIZ];

	if (!parent)
		return parent_check(host, network, err);
	parent_name(network, name);
	if (!network->vlan || link_index(host, name))
		return 0;
	return make_vlan(host, arena, network, parent, name, err);
}

static void put_name(struct netlink_batch *batch, const char *what, uint16_t type, const char *name)
{
	mnl_attr_put_strz(link_message(batch, what, type, 0, 0), IFLA_IFNAME, name);
}

int parent_remove(struct netlink *host, struct arena *arena, const struct network *network,
		  struct error *err)
{
	struct netlink_batch batch;
	char name[IFNAMSIZ];
	bool is_ours = false;

	if (!network->vlan)
		return 0;
	parent_name(network, name);
	netlink_batch_begin(&batch, arena);
	put_name(&batch, "look for its interface", RTM_GETLINK, name);
	if (netlink_ask(host, &batch, see_alias, &is_ours, NULL, err) < 0)
		return err->errnum == ENODEV ? 0 : -1;
	if (!is_ours)
		return 0;
	netlink_batch_begin(&batch, arena);
	put_name(&batch, "remove its interface", RTM_DELLINK, name);
	if (netlink_send(host, &batch, NULL, err) < 0 && err->errnum != ENODEV)
		return -1;
	return 0;
}
