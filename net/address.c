/* SPDX-License-Identifier: Apache-2.0 */
#include "net/address.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <string.h>
#include <sys/socket.h>

#include "net/rtnl.h"

/* What a user may have chosen; the other flags are what the kernel found out. */
#define KEPT_FLAGS                                                                                 \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |            \
	 IFA_F_MCAUTOJOIN)

struct listing {
	struct arena *arena;
	struct address_list *list;
	size_t room;
	int index;
};

/* Copies an attribute of the family's size. */
static bool copy(const struct nlmsghdr *answer, uint16_t type, size_t size, uint8_t *to)
{
	const struct rtattr *found = rtnl_find(answer, sizeof(struct ifaddrmsg), type, size);

	if (found)
		memcpy(to, RTA_DATA(found), size);
	return found;
}

static uint32_t number(const struct nlmsghdr *answer, uint16_t type, uint32_t otherwise)
{
	const struct rtattr *found =
		rtnl_find(answer, sizeof(struct ifaddrmsg), type, sizeof(otherwise));

	if (found)
		memcpy(&otherwise, RTA_DATA(found), sizeof(otherwise));
	return otherwise;
}

static int add_address(const struct nlmsghdr *answer, void *context, struct error *err)
{
	struct listing *listing = context;
	struct address_list *list = listing->list;
	const struct ifaddrmsg *body = NLMSG_DATA(answer);
	struct address address = { 0 };

	(void)err;
	if (answer->nlmsg_type != RTM_NEWADDR || answer->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) ||
	    (int)body->ifa_index != listing->index || body->ifa_scope != RT_SCOPE_UNIVERSE ||
	    (body->ifa_family != AF_INET && body->ifa_family != AF_INET6))
		return 0;
	address.flags = number(answer, IFA_FLAGS, body->ifa_flags);
	if (!(address.flags & IFA_F_PERMANENT))
		return 0;
	address.family = body->ifa_family;
	address.prefix = body->ifa_prefixlen;
	address.scope = body->ifa_scope;
	address.size = body->ifa_family == AF_INET ? 4 : 16;
	address.priority = number(answer, IFA_RT_PRIORITY, 0);
	if (!copy(answer, IFA_ADDRESS, address.size, address.peer))
		return 0;
	/* IPv6 says the local address only where there is a peer */
	if (!copy(answer, IFA_LOCAL, address.size, address.local))
		memcpy(address.local, address.peer, address.size);
	address.has_broadcast = copy(answer, IFA_BROADCAST, address.size, address.broadcast);
	if (list->count == listing->room) {
		struct address *more =
			arena_array(listing->arena, struct address, listing->room * 2);

		memcpy(more, list->items, list->count * sizeof(*more));
		list->items = more;
		listing->room *= 2;
	}
	list->items[list->count++] = address;
	return 0;
}

int address_list(struct arena *arena, int sock, int index, struct address_list *list,
		 struct error *err)
{
	struct listing listing = { .arena = arena, .list = list, .room = 8, .index = index };
	const struct ifaddrmsg all = { .ifa_family = AF_UNSPEC };
	struct rtnl_message message;

	*list = (struct address_list){ .items = arena_array(arena, struct address, listing.room) };
	rtnl_begin(&message, RTM_GETADDR, 0, &all, sizeof(all));
	if (rtnl_dump(sock, &message, add_address, &listing, err) < 0)
		return fail_in(err, "list the addresses");
	return 0;
}

static int add_one(int sock, int index, const struct address *address, struct error *err)
{
	const struct ifaddrmsg body = {
		.ifa_family = address->family,
		.ifa_prefixlen = address->prefix,
		.ifa_scope = address->scope,
		.ifa_index = (unsigned int)index,
	};
	struct rtnl_message message;

	rtnl_begin(&message, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	rtnl_add(&message, IFA_LOCAL, address->local, address->size);
	rtnl_add(&message, IFA_ADDRESS, address->peer, address->size);
	if (address->has_broadcast)
		rtnl_add(&message, IFA_BROADCAST, address->broadcast, address->size);
	if (address->flags & KEPT_FLAGS)
		rtnl_add_u32(&message, IFA_FLAGS, address->flags & KEPT_FLAGS);
	if (address->priority)
		rtnl_add_u32(&message, IFA_RT_PRIORITY, address->priority);
	if (rtnl_request(sock, &message, err) == 0 || err->errnum == EEXIST)
		return 0;
	return fail_in(err, "give it its addresses");
}

int address_add(int sock, int index, const struct address_list *list, struct error *err)
{
	for (size_t i = 0; i < list->count; i++)
		if (add_one(sock, index, &list->items[i], err) < 0)
			return -1;
	return 0;
}
