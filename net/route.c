/* SPDX-License-Identifier: Apache-2.0 */
#include "net/route.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

struct listing {
	struct netlink *host;
	struct arena *arena;
	struct route_list *list;
	size_t room;
};

static struct ip_prefix destination_of(const struct nlmsghdr *answer, const struct rtmsg *body)
{
	const size_t size = body->rtm_family == AF_INET ? 4 : 16;
	const struct nlattr *found = netlink_attribute(answer, sizeof(*body), RTA_DST, size);

	if (!found)
		return (struct ip_prefix){ 0 };
	return (struct ip_prefix){
		.address = ip_address_of(body->rtm_family, mnl_attr_get_payload(found)),
		.length = body->rtm_dst_len,
	};
}

static bool is_kept(const struct rtmsg *body)
{
	return (body->rtm_family == AF_INET || body->rtm_family == AF_INET6) && body->rtm_dst_len &&
	       !(body->rtm_flags & RTM_F_CLONED) && body->rtm_type != RTN_LOCAL &&
	       body->rtm_type != RTN_BROADCAST && body->rtm_type != RTN_ANYCAST &&
	       body->rtm_type != RTN_MULTICAST;
}

static void add(struct listing *listing, const struct route *route)
{
	struct route_list *list = listing->list;

	if (list->count == listing->room) {
		struct route *more = arena_array(listing->arena, struct route, 2 * listing->room);

		memcpy(more, list->items, list->count * sizeof(*more));
		list->items = more;
		listing->room *= 2;
	}
	list->items[list->count++] = *route;
}

static int add_route(const struct nlmsghdr *answer, void *context, struct error *err)
{
	const struct rtmsg *body = mnl_nlmsg_get_payload(answer);
	const struct nlattr *output;
	struct route route = { 0 };

	(void)err;
	if (answer->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(answer) < sizeof(*body) || !is_kept(body))
		return 0;
	route.destination = destination_of(answer, body);
	if (!route.destination.address.family ||
	    ip_address_is_multicast(&route.destination.address) ||
	    ip_address_is_link_local(&route.destination.address) ||
	    ip_address_is_loopback(&route.destination.address))
		return 0;
	output = netlink_attribute(answer, sizeof(*body), RTA_OIF, sizeof(uint32_t));
	if (output)
		route.index = mnl_attr_get_u32(output);
	add(context, &route);
	return 0;
}

/* One that has gone meanwhile has no name. */
static void name_interfaces(const struct netlink *host, struct route_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct ifreq request = { .ifr_ifindex = (int)list->items[i].index };

		if (request.ifr_ifindex && ioctl(host->fd, SIOCGIFNAME, &request) == 0)
			memcpy(list->items[i].interface, request.ifr_name, IFNAMSIZ);
	}
}

static int dump_routes(struct listing *listing, struct error *err)
{
	struct netlink_batch batch;
	struct nlmsghdr *message;

	listing->list->count = 0;
	netlink_batch_begin(&batch, listing->arena);
	message = netlink_message(&batch, "list the host's routes", RTM_GETROUTE, NLM_F_DUMP);
	mnl_nlmsg_put_extra_header(message, sizeof(struct rtmsg));
	return netlink_dump(listing->host, &batch, add_route, listing, err);
}

int route_list(struct netlink *host, struct arena *arena, struct route_list *list,
	       struct error *err)
{
	struct listing listing = { .host = host, .arena = arena, .list = list, .room = 32 };
	int result = -1;

	*list = (struct route_list){ .items = arena_array(arena, struct route, listing.room) };
	/* one that changed meanwhile is not whole */
	for (int tries = 0; tries < 10 && result < 0; tries++) {
		result = dump_routes(&listing, err);
		if (result < 0 && err->errnum != EAGAIN)
			break;
	}
	if (result == 0)
		name_interfaces(host, list);
	return result;
}

static int find_default(const struct nlmsghdr *answer, void *context, struct error *err)
{
	const struct rtmsg *body = mnl_nlmsg_get_payload(answer);
	const struct nlattr *output;
	uint32_t *index = context;

	(void)err;
	if (answer->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(answer) < sizeof(*body) || body->rtm_dst_len || *index ||
	    body->rtm_table != RT_TABLE_MAIN || body->rtm_type != RTN_UNICAST)
		return 0;
	output = netlink_attribute(answer, sizeof(*body), RTA_OIF, sizeof(uint32_t));
	if (output)
		*index = mnl_attr_get_u32(output);
	return 0;
}

int route_default_interface(struct netlink *host, struct arena *arena, char name[IFNAMSIZ],
			    struct error *err)
{
	struct netlink_batch batch;
	struct nlmsghdr *message;
	struct ifreq request = { 0 };
	uint32_t index = 0;

	netlink_batch_begin(&batch, arena);
	message = netlink_message(&batch, "look for the default route", RTM_GETROUTE, NLM_F_DUMP);
	mnl_nlmsg_put_extra_header(message, sizeof(struct rtmsg));
	if (netlink_dump(host, &batch, find_default, &index, err) < 0 && err->errnum != EAGAIN)
		return -1;
	request.ifr_ifindex = (int)index;
	if (!index || ioctl(host->fd, SIOCGIFNAME, &request) < 0)
		return fail(err, ENODEV, "this host has no default route");
	memcpy(name, request.ifr_name, IFNAMSIZ);
	return 0;
}
