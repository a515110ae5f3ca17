/* SPDX-License-Identifier: Apache-2.0 */
#include "net/devices.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/fd.h"
#include "net/link.h"
#include "net/rtnl.h"

/* The kernel's rule (dev_valid_name() of net/core/dev.c). */
static bool is_device_name(const char *name)
{
	size_t length = strlen(name);

	if (length == 0 || length >= IFNAMSIZ || !strcmp(name, ".") || !strcmp(name, ".."))
		return false;
	for (const char *c = name; *c; c++)
		if (*c == '/' || *c == ':' || isspace((unsigned char)*c))
			return false;
	return true;
}

/* In the container one "%d" may stand for a number that the kernel chooses. */
static bool is_template(const char *name)
{
	return strchr(name, '%');
}

static bool is_new_name(const char *name)
{
	const char *percent = strchr(name, '%');

	return is_device_name(name) &&
	       (!percent || (percent[1] == 'd' && !strchr(percent + 1, '%')));
}

static int plan_device(const struct spec_net_device *spec, const struct net_devices_plan *plan,
		       struct net_device *device, struct error *err)
{
	const char *name = spec->name && *spec->name ? spec->name : spec->host_name;

	if (!is_device_name(spec->host_name) || is_template(spec->host_name))
		return fail(err, EINVAL,
			    "linux.netDevices: '%.100s' is no name of a network device (1 to %d "
			    "bytes without '/', ':' and blanks)",
			    spec->host_name, IFNAMSIZ - 1);
	if (!is_new_name(name))
		return fail(err, EINVAL,
			    "linux.netDevices[\"%s\"].name: '%.100s' is no name of a network "
			    "device (1 to %d bytes without '/', ':' and blanks; '%%d' for a number "
			    "that is free)",
			    spec->host_name, name, IFNAMSIZ - 1);
	for (size_t i = 0; i < plan->count; i++)
		if (!strcmp(plan->items[i].name, name) && !is_template(name))
			return fail(err, EEXIST,
				    "linux.netDevices[\"%s\"].name: '%s' is that of "
				    "linux.netDevices[\"%s\"] too",
				    spec->host_name, name, plan->items[i].host_name);
	*device = (struct net_device){ .host_name = spec->host_name, .name = name };
	return 0;
}

int net_devices_plan(struct arena *arena, const struct spec_linux *linux_spec,
		     struct net_devices_plan *plan, struct error *err)
{
	*plan = (struct net_devices_plan){ 0 };
	if (!linux_spec || !linux_spec->net_devices.count)
		return 0;
	plan->items = arena_array(arena, struct net_device, linux_spec->net_devices.count);
	for (size_t i = 0; i < linux_spec->net_devices.count; i++) {
		if (plan_device(&linux_spec->net_devices.items[i], plan, &plan->items[plan->count],
				err) < 0)
			return -1;
		plan->count++;
	}
	return 0;
}

/* Sockets of both sides, and what is there. */
struct sides {
	int host, container;
	struct link_list host_links, container_links;
};

static int open_sides(struct arena *arena, int netns, struct sides *sides, struct error *err)
{
	sides->host = rtnl_open(-1, err);
	if (sides->host < 0)
		return -1;
	sides->container = rtnl_open(netns, err);
	if (sides->container < 0 || link_list(arena, sides->host, &sides->host_links, err) < 0)
		return -1;
	return link_list(arena, sides->container, &sides->container_links, err);
}

static void close_sides(struct sides *sides)
{
	close_fd(&sides->host);
	close_fd(&sides->container);
}

/* The device keeps its index if that is free there: the kernel's own choice, but known to us. */
static int free_index(const struct link_list *links, int wanted)
{
	int highest = 0;

	if (!link_find_index(links, wanted))
		return wanted;
	for (size_t i = 0; i < links->count; i++)
		if (links->items[i].index > highest)
			highest = links->items[i].index;
	return highest + 1;
}

static int move_device(struct arena *arena, struct sides *sides, struct net_device *device,
		       int netns, struct error *err)
{
	const struct link *link = link_find(&sides->host_links, device->host_name);

	if (!link)
		return fail(err, ENODEV, "there is no such network device here");
	if (link_find(&sides->container_links, device->name))
		return fail(err, EEXIST,
			    "'%s' is there already in the container's network namespace: file "
			    "exists",
			    device->name);
	device->host_index = link->index;
	device->was_up = link->flags & IFF_UP;
	device->index = free_index(&sides->container_links, link->index);
	if (address_list(arena, sides->host, link->index, &device->addresses, err) < 0)
		return -1;
	if (link_move(sides->host, link->index, netns, device->name, device->index, err) < 0)
		return fail_in(err, "move it into the container's network namespace as '%s'",
			       device->name);
	device->moved = true;
	if (address_add(sides->container, device->index, &device->addresses, err) < 0)
		return -1;
	if (link_raise(sides->container, device->index, err) < 0)
		return fail_in(err, "set it up");
	/* it has taken a name and an index there */
	return link_list(arena, sides->container, &sides->container_links, err);
}

int net_devices_apply(struct arena *arena, struct net_devices_plan *plan, int netns,
		      struct error *err)
{
	struct sides sides = { .host = -1, .container = -1 };
	int result = 0;

	if (!plan->count)
		return 0;
	if (open_sides(arena, netns, &sides, err) < 0)
		result = fail_in(err, "linux.netDevices");
	for (size_t i = 0; result == 0 && i < plan->count; i++)
		if (move_device(arena, &sides, &plan->items[i], netns, err) < 0)
			result = fail_in(err, "linux.netDevices[\"%s\"]", plan->items[i].host_name);
	close_sides(&sides);
	return result;
}

static int move_back(struct sides *sides, struct net_device *device, int own_netns,
		     struct error *err)
{
	if (!device->moved)
		return 0;
	if (link_move(sides->container, device->index, own_netns, device->host_name,
		      device->host_index, err) < 0)
		return -1;
	device->moved = false;
	if (address_add(sides->host, device->host_index, &device->addresses, err) < 0)
		return -1;
	return device->was_up ? link_raise(sides->host, device->host_index, err) : 0;
}

int net_devices_remove(struct arena *arena, struct net_devices_plan *plan, int netns,
		       struct error *err)
{
	struct sides sides = { .host = -1, .container = -1 };
	cleanup_fd int own = -1;
	bool any = false;
	int result = 0;

	for (size_t i = 0; i < plan->count; i++)
		any |= plan->items[i].moved;
	if (!any)
		return 0;
	own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	if (own < 0)
		return fail_errno(err, "open /proc/self/ns/net");
	if (open_sides(arena, netns, &sides, err) < 0)
		result = fail_in(err, "linux.netDevices");
	for (size_t i = plan->count; result == 0 && i > 0; i--)
		if (move_back(&sides, &plan->items[i - 1], own, err) < 0)
			result = fail_in(err, "linux.netDevices[\"%s\"]: move it back",
					 plan->items[i - 1].host_name);
	close_sides(&sides);
	return result;
}
