/* SPDX-License-Identifier: Apache-2.0 */
#include "net/device_move.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/fd.h"
#include "net/device_address.h"
#include "net/link_message.h"

#ifndef IFLA_NEW_IFINDEX /* Linux 5.13 */
#define IFLA_NEW_IFINDEX 49
#endif

struct device_move {
	const char *host_name, *name;
	bool moved, was_up;
	uint32_t host_index, index; /* on the host, and in the container */
	struct device_addresses addresses;
};

/* Sockets of both sides. */
struct sides {
	struct netlink host, container;
};

static int open_sides(int netns, struct sides *sides, struct error *err)
{
	if (netlink_open(&sides->host, NETLINK_ROUTE, -1, err) < 0)
		return -1;
	return netlink_open(&sides->container, NETLINK_ROUTE, netns, err);
}

static void close_sides(struct sides *sides)
{
	netlink_close(&sides->host);
	netlink_close(&sides->container);
}

static bool is_taken(const struct netlink *netlink, uint32_t index)
{
	struct ifreq request = { .ifr_ifindex = (int)index };

	return ioctl(netlink->fd, SIOCGIFNAME, &request) == 0;
}

/* It keeps its index if that is free there: the kernel's own choice, but known to us. */
static uint32_t free_index(const struct netlink *netlink, uint32_t wanted)
{
	if (!is_taken(netlink, wanted))
		return wanted;
	for (wanted = 2; is_taken(netlink, wanted);)
		wanted++;
	return wanted;
}

static bool is_up(const struct netlink *netlink, const char *name)
{
	struct ifreq request = { 0 };

	strncpy(request.ifr_name, name, sizeof(request.ifr_name) - 1);
	return ioctl(netlink->fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
}

/* Into the network namespace netns, where it gets this name ("eth%d": a number that is free). */
static int move_link(struct netlink *from, struct arena *arena, uint32_t index, int netns,
		     const char *name, uint32_t new_index, struct error *err)
{
	struct netlink_batch batch;
	struct nlmsghdr *message;

	netlink_batch_begin(&batch, arena);
	message = link_message(&batch, "move it", RTM_NEWLINK, 0, index);
	mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)netns);
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_NEW_IFINDEX, new_index);
	return netlink_send(from, &batch, NULL, err);
}

/* Its addresses are gone by the move, and it is down. */
static int furnish(struct netlink *there, struct arena *arena, uint32_t index,
		   const struct device_addresses *addresses, bool up, struct error *err)
{
	struct netlink_batch batch;

	netlink_batch_begin(&batch, arena);
	device_addresses_message(&batch, index, addresses);
	if (up)
		link_put_up(link_message(&batch, "set it up", RTM_NEWLINK, 0, index));
	return netlink_send(there, &batch, NULL, err);
}

static int move_device(struct arena *arena, struct sides *sides, struct device_move *move,
		       int netns, struct error *err)
{
	move->host_index = link_index(&sides->host, move->host_name);
	if (!move->host_index)
		return fail(err, ENODEV, "there is no such network device here");
	if (link_index(&sides->container, move->name))
		return fail(err, EEXIST,
			    "'%s' is there already in the container's network namespace: file "
			    "exists",
			    move->name);
	move->was_up = is_up(&sides->host, move->host_name);
	move->index = free_index(&sides->container, move->host_index);
	if (device_addresses_read(&sides->host, arena, move->host_index, &move->addresses, err) < 0)
		return -1;
	if (move_link(&sides->host, arena, move->host_index, netns, move->name, move->index, err) <
	    0)
		return fail_in(err, "move it into the container's network namespace as '%s'",
			       move->name);
	move->moved = true;
	return furnish(&sides->container, arena, move->index, &move->addresses, true, err);
}

int device_moves_apply(struct arena *arena, const struct net_devices_plan *plan, int netns,
		       struct device_moves *moves, struct error *err)
{
	struct sides sides = { NETLINK_CLOSED, NETLINK_CLOSED };
	int result = 0;

	*moves = (struct device_moves){ 0 };
	if (!plan->count)
		return 0;
	moves->items = arena_array(arena, struct device_move, plan->count);
	if (open_sides(netns, &sides, err) < 0)
		result = fail_in(err, "linux.netDevices");
	for (size_t i = 0; result == 0 && i < plan->count; i++) {
		struct device_move *move = &moves->items[moves->count++];

		move->host_name = plan->items[i].host_name;
		move->name = plan->items[i].name;
		if (move_device(arena, &sides, move, netns, err) < 0)
			result = fail_in(err, "linux.netDevices[\"%s\"]", move->host_name);
	}
	close_sides(&sides);
	return result;
}

static int move_back(struct arena *arena, struct sides *sides, struct device_move *move,
		     int own_netns, struct error *err)
{
	if (!move->moved)
		return 0;
	if (move_link(&sides->container, arena, move->index, own_netns, move->host_name,
		      move->host_index, err) < 0)
		return -1;
	move->moved = false;
	return furnish(&sides->host, arena, move->host_index, &move->addresses, move->was_up, err);
}

int device_moves_remove(struct arena *arena, struct device_moves *moves, int netns,
			struct error *err)
{
	struct sides sides = { NETLINK_CLOSED, NETLINK_CLOSED };
	cleanup_fd int own = -1;
	bool any = false;
	int result = 0;

	for (size_t i = 0; i < moves->count; i++)
		any |= moves->items[i].moved;
	if (!any)
		return 0;
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return fail_errno(err, "open /proc/self/ns/net");
	if (open_sides(netns, &sides, err) < 0)
		result = fail_in(err, "linux.netDevices");
	for (size_t i = moves->count; result == 0 && i > 0; i--)
		if (move_back(arena, &sides, &moves->items[i - 1], own, err) < 0)
			result = fail_in(err, "linux.netDevices[\"%s\"]: move it back",
					 moves->items[i - 1].host_name);
	close_sides(&sides);
	return result;
}
