/* SPDX-License-Identifier: Apache-2.0 */
#include "net/network_make.h"

#include <errno.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/fd.h"
#include "base/timestamp.h"
#include "net/links.h"
#include "net/netlink.h"
#include "net/network_end.h"

static int list_interfaces(struct arena *arena, struct string_list *list, struct error *err)
{
	struct if_nameindex *names = if_nameindex();
	size_t count = 0;

	if (!names)
		return fail_errno(err, "list the host's interfaces");
	while (names[count].if_index)
		count++;
	*list = (struct string_list){ .items = arena_array(arena, char *, count + 1) };
	for (; list->count < count; list->count++)
		list->items[list->count] = arena_strdup(arena, names[list->count].if_name);
	if_freenameindex(names);
	return 0;
}

/* What the plan looks at; networks are listed under the lock that adding needs. */
static int look_around(const struct network_store *store, struct netlink *host, struct arena *arena,
		       struct network_surroundings *surroundings, struct error *err)
{
	char *interface = arena_alloc(arena, IFNAMSIZ), *now = arena_alloc(arena, TIMESTAMP_SIZE);
	struct error ignored;

	*surroundings = (struct network_surroundings){ .created = timestamp_now(now) };
	if (getrandom(surroundings->random, sizeof(surroundings->random), 0) !=
	    sizeof(surroundings->random))
		return fail_errno(err, "ask for random bytes");
	if (network_list(store, arena, &surroundings->networks, err) < 0 ||
	    list_interfaces(arena, &surroundings->interfaces, err) < 0 ||
	    route_list(host, arena, &surroundings->routes, err) < 0)
		return -1;
	if (route_default_interface(host, arena, interface, &ignored) == 0)
		surroundings->default_interface = interface;
	return 0;
}

int network_make(const struct network_store *store, struct arena *arena,
		 const struct network_wish *wish, struct network *network, struct error *err)
{
	cleanup_fd int locked = network_store_lock(store, err);
	cleanup_netlink struct netlink host = NETLINK_CLOSED;
	struct network_surroundings surroundings;

	if (locked < 0 || netlink_open(&host, NETLINK_ROUTE, -1, err) < 0 ||
	    look_around(store, &host, arena, &surroundings, err) < 0)
		return -1;
	if (network_plan(arena, wish, &surroundings, network, err) < 0 ||
	    links_check(&host, arena, network, err) < 0)
		return -1;
	return network_add(locked, arena, network, err);
}

static bool has_subnet(const struct network *network, const struct ip_prefix *subnet)
{
	if (!subnet->address.family)
		return true;
	for (size_t i = 0; i < network->subnets.count; i++)
		if (ip_prefix_equal(&network->subnets.items[i].subnet, subnet))
			return true;
	return false;
}

static int check_same(const struct network *network, const struct network_on_demand *on_demand,
		      struct error *err)
{
	const struct ip_prefix *subnets[] = { &on_demand->subnet, &on_demand->subnet6 };
	char text[ADDRESS_TEXT_SIZE];

	if (on_demand->interface &&
	    (!network->interface || strcmp(on_demand->interface, network->interface) != 0))
		return fail(err, EINVAL, "network '%s' exists with the interface %s, not %s",
			    network->name, network->interface ? network->interface : "none",
			    on_demand->interface);
	for (size_t i = 0; i < 2; i++)
		if (!has_subnet(network, subnets[i]))
			return fail(err, EINVAL, "network '%s' exists without the subnet %s",
				    network->name, ip_prefix_print(subnets[i], text));
	if (on_demand->mtu && on_demand->mtu != network->mtu)
		return fail(err, EINVAL, "network '%s' exists with %s MTU, not %u", network->name,
			    network->mtu ? "another" : "the default", on_demand->mtu);
	return 0;
}

/* Finds the network that has an interface. Returns 1, or 0: none has. */
static int find_by_interface(const struct network_store *store, struct arena *arena,
			     const char *interface, struct network *network, struct error *err)
{
	struct network_list list;

	if (network_list(store, arena, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].driver == NETWORK_BRIDGE && list.items[i].interface &&
		    strcmp(list.items[i].interface, interface) == 0) {
			*network = list.items[i];
			return 1;
		}
	return 0;
}

/* Ends what a killed `network rm` has begun. Returns 0: there is no such network any more. */
static int end_retired(const struct network_store *store, struct arena *arena, const char *name,
		       struct error *err)
{
	cleanup_network_host struct network_host host = NETWORK_HOST_CLOSED;
	int result;

	host.store = *store;
	result = network_end(&host, arena, name, false, err);
	host.store.dir = -1; /* the caller's */
	return result < 0 && err->errnum != ENOENT ? -1 : 0;
}

/* Returns 1: found, 0: there is none. */
static int find(const struct network_store *store, struct arena *arena, const char *name,
		const struct network_on_demand *on_demand, struct network *network,
		struct error *err)
{
	if (network_load(store, arena, name, network, err) == 0)
		return network_is_retired(store, name) ? end_retired(store, arena, name, err) : 1;
	if (err->errnum != ENOENT)
		return -1;
	return on_demand->interface ? find_by_interface(store, arena, on_demand->interface, network,
							err)
				    : 0;
}

static int make(const struct network_store *store, struct arena *arena, const char *name,
		const struct network_on_demand *on_demand, struct network *network,
		struct error *err)
{
	const struct ip_prefix *subnets[] = { &on_demand->subnet, &on_demand->subnet6 };
	char texts[2][ADDRESS_TEXT_SIZE], mtu[16], *words[3] = { NULL };
	struct string_pair option = { .key = (char[]){ "mtu" }, .value = mtu };
	struct network_wish wish = {
		.name = name,
		.interface = on_demand->interface,
		.ipv6 = on_demand->subnet6.address.family,
		.subnets = { .items = words },
		.options = { .items = &option, .count = on_demand->mtu ? 1 : 0 },
	};

	/* ctr0 is the default network's, by whichever of its names it is asked for */
	if (wish.interface && strcmp(wish.interface, NETWORK_DEFAULT_INTERFACE) == 0)
		wish.name = NETWORK_DEFAULT_NAME;
	for (size_t i = 0; i < 2; i++)
		if (subnets[i]->address.family)
			words[wish.subnets.count++] = ip_prefix_print(subnets[i], texts[i]);
	snprintf(mtu, sizeof(mtu), "%u", on_demand->mtu);
	return network_make(store, arena, &wish, network, err);
}

int network_make_on_demand(const struct network_store *store, struct arena *arena, const char *name,
			   const struct network_on_demand *on_demand, struct network *network,
			   struct error *err)
{
	static const struct network_on_demand nothing;
	int found;

	if (!on_demand)
		on_demand = &nothing;
	/* of several that make it at once one does, and the others find it */
	for (int attempt = 0; attempt < 2; attempt++) {
		found = find(store, arena, name, on_demand, network, err);
		if (found)
			return found < 0 ? -1 : check_same(network, on_demand, err);
		if (make(store, arena, name, on_demand, network, err) == 0)
			return 0;
		if (err->errnum != EEXIST)
			break;
	}
	return -1;
}
