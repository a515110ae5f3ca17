/* SPDX-License-Identifier: Apache-2.0 */
#include "net/device_address.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* What a user may have chosen; the other flags are what the kernel found out. */
#define KEPT_FLAGS                                                                                 \
	(IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE |            \
	 IFA_F_MCAUTOJOIN)

struct listing {
	struct arena *arena;
	struct device_addresses *addresses;
	size_t room;
	uint32_t index;
};

/* Copies an attribute of the family's size. */
static bool copy(const struct nlmsghdr *answer, uint16_t type, size_t size, uint8_t *to)
{
	const struct nlattr *found =
		netlink_attribute(answer, sizeof(struct ifaddrmsg), type, size);

	if (found)
		memcpy(to, mnl_attr_get_payload(found), size);
	return found;
}

static uint32_t number(const struct nlmsghdr *answer, uint16_t type, uint32_t otherwise)
{
	const struct nlattr *found =
		netlink_attribute(answer, sizeof(struct ifaddrmsg), type, sizeof(otherwise));

	return found ? mnl_attr_get_u32(found) : otherwise;
}

static bool is_kept(const struct nlmsghdr *answer, const struct listing *listing)
{
	const struct ifaddrmsg *body = mnl_nlmsg_get_payload(answer);

	return answer->nlmsg_type == RTM_NEWADDR &&
	       mnl_nlmsg_get_payload_len(answer) >= sizeof(*body) &&
	       body->ifa_index == listing->index && body->ifa_scope == RT_SCOPE_UNIVERSE &&
	       (body->ifa_family == AF_INET || body->ifa_family == AF_INET6) &&
	       (number(answer, IFA_FLAGS, body->ifa_flags) & IFA_F_PERMANENT);
}

static struct device_address *add(struct listing *listing)
{
	struct device_addresses *addresses = listing->addresses;

	if (addresses->count == listing->room) {
		size_t room = listing->room ? 2 * listing->room : 8;
		struct device_address *more =
			arena_array(listing->arena, struct device_address, room);

		if (addresses->count)
			memcpy(more, addresses->items, addresses->count * sizeof(*more));
		addresses->items = more;
		listing->room = room;
	}
	return &addresses->items[addresses->count++];
}

static int add_address(const struct nlmsghdr *answer, void *context, struct error *err)
{
	const struct ifaddrmsg *body = mnl_nlmsg_get_payload(answer);
	struct listing *listing = context;
	struct device_address address = { 0 };

	(void)err;
	if (!is_kept(answer, listing))
		return 0;
	address.family = body->ifa_family;
	address.length = body->ifa_prefixlen;
	address.scope = body->ifa_scope;
	address.size = body->ifa_family == AF_INET ? 4 : 16;
	address.flags = number(answer, IFA_FLAGS, body->ifa_flags) & KEPT_FLAGS;
	address.priority = number(answer, IFA_RT_PRIORITY, 0);
	if (!copy(answer, IFA_ADDRESS, address.size, address.peer))
		return 0;
	/* IPv6 says the local address only where there is a peer */
	if (!copy(answer, IFA_LOCAL, address.size, address.local))
		memcpy(address.local, address.peer, address.size);
	address.has_broadcast = copy(answer, IFA_BROADCAST, address.size, address.broadcast);
	*add(listing) = address;
	return 0;
}

int device_addresses_read(struct netlink *netlink, struct arena *arena, uint32_t index,
			  struct device_addresses *addresses, struct error *err)
{
	struct listing listing = { .arena = arena, .addresses = addresses, .index = index };
	struct netlink_batch batch;
	int result = -1;

	/* one that changed meanwhile is not whole */
	for (int tries = 0; tries < 10 && result < 0; tries++) {
		struct nlmsghdr *message;

		*addresses = (struct device_addresses){ 0 };
		listing.room = 0;
		netlink_batch_begin(&batch, arena);
		message = netlink_message(&batch, "list its addresses", RTM_GETADDR, NLM_F_DUMP);
		mnl_nlmsg_put_extra_header(message, sizeof(struct ifaddrmsg));
		result = netlink_dump(netlink, &batch, add_address, &listing, err);
		if (result < 0 && err->errnum != EAGAIN)
			break;
	}
	return result;
}

static void put_address(struct netlink_batch *batch, uint32_t index,
			const struct device_address *address)
{
	struct nlmsghdr *message = netlink_message(batch, "give it its addresses", RTM_NEWADDR,
						   NLM_F_CREATE | NLM_F_REPLACE);
	struct ifaddrmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	body->ifa_family = address->family;
	body->ifa_prefixlen = address->length;
	body->ifa_scope = address->scope;
	body->ifa_index = index;
	mnl_attr_put(message, IFA_LOCAL, address->size, address->local);
	mnl_attr_put(message, IFA_ADDRESS, address->size, address->peer);
	if (address->has_broadcast)
		mnl_attr_put(message, IFA_BROADCAST, address->size, address->broadcast);
	if (address->flags)
		mnl_attr_put_u32(message, IFA_FLAGS, address->flags);
	if (address->priority)
		mnl_attr_put_u32(message, IFA_RT_PRIORITY, address->priority);
}

void device_addresses_message(struct netlink_batch *batch, uint32_t index,
			      const struct device_addresses *addresses)
{
	for (size_t i = 0; i < addresses->count; i++)
		put_address(batch, index, &addresses->items[i]);
}
