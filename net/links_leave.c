/* SPDX-License-Identifier: Apache-2.0 */
#include "net/links_leave.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "base/log.h"
#include "net/link_message.h"

#define PATIENCE_MS 1000

void links_leaving_add(struct arena *arena, struct links_leaving *leaving,
		       const struct network_attachment *attachment)
{
	uint32_t *items =
		arena_array(arena, uint32_t, leaving->count + attachment->endpoints.count);

	if (leaving->count)
		memcpy(items, leaving->items, leaving->count * sizeof(*items));
	leaving->items = items;
	for (size_t i = 0; i < attachment->endpoints.count; i++)
		if (attachment->endpoints.items[i].host_index)
			items[leaving->count++] = attachment->endpoints.items[i].host_index;
}

static size_t count_left(const struct links_leaving *leaving)
{
	char name[IFNAMSIZ];
	size_t left = 0;

	for (size_t i = 0; i < leaving->count; i++)
		left += if_indextoname(leaving->items[i], name) != NULL;
	return left;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Any change of a link is a reason to look again; what is told, and how much is lost, is no matter. */
static void wait_for_changes(int fd, const struct links_leaving *leaving)
{
	int64_t end = now_ms() + PATIENCE_MS, left;
	struct pollfd change = { .fd = fd, .events = POLLIN };
	char buffer[4096];

	while (count_left(leaving) && (left = end - now_ms()) > 0) {
		if (poll(&change, 1, (int)left) < 0 && errno != EINTR)
			return;
		while (recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT) > 0)
			continue;
	}
}

static void remove_link(struct netlink *route, struct arena *arena, uint32_t index)
{
	struct netlink_batch batch;
	struct error err;
	char name[IFNAMSIZ];

	if (!if_indextoname(index, name))
		return;
	netlink_batch_begin(&batch, arena);
	link_message(&batch, arena_printf(arena, "remove interface %s", name), RTM_DELLINK, 0,
		     index);
	if (netlink_send(route, &batch, NULL, &err) < 0 && err.errnum != ENODEV)
		log_warning("%s", err.text);
}

void links_leaving_wait(struct arena *arena, const struct links_leaving *leaving)
{
	cleanup_netlink struct netlink changes = NETLINK_CLOSED;
	cleanup_netlink struct netlink route = NETLINK_CLOSED;
	struct error ignored;
	int group = RTNLGRP_LINK;

	if (!leaving->count || netlink_open(&changes, NETLINK_ROUTE, -1, &ignored) < 0 ||
	    setsockopt(changes.fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return;
	wait_for_changes(changes.fd, leaving);
	if (!count_left(leaving) || netlink_open(&route, NETLINK_ROUTE, -1, &ignored) < 0)
		return;
	for (size_t i = 0; i < leaving->count; i++)
		remove_link(&route, arena, leaving->items[i]);
}
