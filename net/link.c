/* SPDX-License-Identifier: Apache-2.0 */
#include "net/link.h"

#include <string.h>

#include "net/rtnl.h"

#ifndef IFLA_NEW_IFINDEX /* Linux 5.13 */
#define IFLA_NEW_IFINDEX 49
#endif

struct listing {
	struct arena *arena;
	struct link_list *list;
	size_t room;
};

static int add_link(const struct nlmsghdr *answer, void *context, struct error *err)
{
	struct listing *listing = context;
	struct link_list *list = listing->list;
	const struct ifinfomsg *body = NLMSG_DATA(answer);
	const struct rtattr *name;
	struct link *link;

	(void)err;
	if (answer->nlmsg_type != RTM_NEWLINK || answer->nlmsg_len < NLMSG_LENGTH(sizeof(*body)))
		return 0;
	name = rtnl_find(answer, sizeof(*body), IFLA_IFNAME, 1);
	if (list->count == listing->room) {
		struct link *more = arena_array(listing->arena, struct link, listing->room * 2);

		memcpy(more, list->items, list->count * sizeof(*more));
		list->items = more;
		listing->room *= 2;
	}
	link = &list->items[list->count++];
	*link = (struct link){ .index = body->ifi_index, .flags = body->ifi_flags };
	if (name)
		strncpy(link->name, RTA_DATA(name), sizeof(link->name) - 1);
	return 0;
}

int link_list(struct arena *arena, int sock, struct link_list *list, struct error *err)
{
	struct listing listing = { .arena = arena, .list = list, .room = 16 };
	const struct ifinfomsg all = { .ifi_family = AF_UNSPEC };
	struct rtnl_message message;

	*list = (struct link_list){ .items = arena_array(arena, struct link, listing.room) };
	rtnl_begin(&message, RTM_GETLINK, 0, &all, sizeof(all));
	if (rtnl_dump(sock, &message, add_link, &listing, err) < 0)
		return fail_in(err, "list the network devices");
	return 0;
}

const struct link *link_find(const struct link_list *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].name, name))
			return &list->items[i];
	return NULL;
}

const struct link *link_find_index(const struct link_list *list, int index)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].index == index)
			return &list->items[i];
	return NULL;
}

int link_raise(int sock, int index, struct error *err)
{
	const struct ifinfomsg up = {
		.ifi_family = AF_UNSPEC,
		.ifi_index = index,
		.ifi_flags = IFF_UP,
		.ifi_change = IFF_UP,
	};
	struct rtnl_message message;

	rtnl_begin(&message, RTM_NEWLINK, 0, &up, sizeof(up));
	return rtnl_request(sock, &message, err);
}

int link_move(int sock, int index, int netns, const char *name, int new_index, struct error *err)
{
	const struct ifinfomsg one = { .ifi_family = AF_UNSPEC, .ifi_index = index };
	struct rtnl_message message;

	rtnl_begin(&message, RTM_NEWLINK, 0, &one, sizeof(one));
	rtnl_add_u32(&message, IFLA_NET_NS_FD, (uint32_t)netns);
	rtnl_add_string(&message, IFLA_IFNAME, name);
	rtnl_add_u32(&message, IFLA_NEW_IFINDEX, (uint32_t)new_index);
	return rtnl_request(sock, &message, err);
}
