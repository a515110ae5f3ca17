/* SPDX-License-Identifier: Apache-2.0 */
#include "net/network_plan.h"

#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

static int check_name(const struct network_wish *wish, const struct network_list *networks,
		      struct error *err)
{
	if (network_name_check(wish->name, err) < 0)
		return -1;
	for (size_t i = 0; i < networks->count; i++)
		if (strcmp(networks->items[i].name, wish->name) == 0)
			return fail(err, EEXIST, "network '%s' exists already", wish->name);
	return 0;
}

static int find_driver(const struct network_wish *wish, struct network *network, struct error *err)
{
	network->driver = wish->driver ? network_driver(wish->driver) : NETWORK_BRIDGE;
	if (network->driver >= 0)
		return 0;
	return fail(err, EINVAL, "driver '%.40s': unknown (one of: bridge, macvlan, ipvlan)",
		    wish->driver);
}

/* The name of the bridge's network that has this interface, or NULL. */
static const char *owner_of(const struct network_list *networks, const char *interface)
{
	for (size_t i = 0; i < networks->count; i++) {
		const struct network *other = &networks->items[i];

		if (other->driver == NETWORK_BRIDGE && other->interface &&
		    strcmp(other->interface, interface) == 0)
			return other->name;
	}
	return NULL;
}

/* ctr0 is left to the network that `--network bridge` means. */
static char *free_bridge(struct arena *arena, const char *name,
			 const struct network_surroundings *surroundings)
{
	unsigned number = strcmp(name, NETWORK_DEFAULT_NAME) == 0 ? 0 : 1;
	char interface[IFNAMSIZ];

	do
		snprintf(interface, sizeof(interface), "ctr%u", number++);
	while (string_list_has(&surroundings->interfaces, interface) ||
	       owner_of(&surroundings->networks, interface));
	return arena_strdup(arena, interface);
}

static int check_bridge(struct arena *arena, const struct network_surroundings *surroundings,
			struct network *network, struct error *err)
{
	const char *owner;

	if (!network->interface) {
		network->interface = free_bridge(arena, network->name, surroundings);
		return 0;
	}
	if (network_interface_check(network->interface, err) < 0)
		return -1;
	owner = owner_of(&surroundings->networks, network->interface);
	if (owner)
		return fail(err, EEXIST, "interface %s is that of network '%s'", network->interface,
			    owner);
	if (string_list_has(&surroundings->interfaces, network->interface))
		return fail(err, EEXIST, "the host has an interface %s already",
			    network->interface);
	return 0;
}

static int check_parent(struct arena *arena, const struct network_surroundings *surroundings,
			struct network *network, struct error *err)
{
	const char *driver = network_driver_name(network->driver);

	if (!network->interface && !surroundings->default_interface)
		return fail(err, EINVAL,
			    "%s needs an interface of the host that it is upon (-o parent=eth0): "
			    "there is no default route that could name one",
			    driver);
	if (!network->interface)
		network->interface = arena_strdup(arena, surroundings->default_interface);
	if (network_interface_check(network->interface, err) < 0)
		return -1;
	if (strcmp(network->interface, "lo") == 0)
		return fail(err, EINVAL, "%s: nothing can be upon the loopback interface", driver);
	if (string_list_has(&surroundings->interfaces, network->interface))
		return 0;
	return fail(err, EINVAL, "%s: the host has no interface %s", driver, network->interface);
}

/* RFC 8200, 5: a link with less cannot have IPv6. */
static int check_mtu(const struct network *network, struct error *err)
{
	if (!network->mtu || network->mtu >= 1280 || !network_has_family(network, AF_INET6))
		return 0;
	return fail(err, EINVAL, "option mtu: %u: IPv6 needs 1280 at least", network->mtu);
}

static char *make_id(struct arena *arena, const uint8_t random[32])
{
	char *id = arena_alloc(arena, 65);

	for (size_t i = 0; i < 32; i++)
		snprintf(id + 2 * i, 3, "%02x", random[i]);
	return id;
}

int network_plan(struct arena *arena, const struct network_wish *wish,
		 const struct network_surroundings *surroundings, struct network *network,
		 struct error *err)
{
	*network = (struct network){
		.name = arena_strdup(arena, wish->name),
		.id = make_id(arena, surroundings->random),
		.interface = arena_strdup(arena, wish->interface),
		.internal = wish->internal,
		.labels = wish->labels,
		.created = arena_strdup(arena, surroundings->created),
	};
	if (check_name(wish, &surroundings->networks, err) < 0)
		return -1;
	if (find_driver(wish, network, err) < 0 || network_options(arena, wish, network, err) < 0)
		return -1;
	if (wish->no_addresses && (network->driver == NETWORK_BRIDGE || wish->subnets.count))
		return fail(err, EINVAL,
			    "--ipam-driver none is for macvlan and ipvlan without --subnet");
	if (network->driver == NETWORK_BRIDGE ? check_bridge(arena, surroundings, network, err) < 0
					      : check_parent(arena, surroundings, network, err) < 0)
		return -1;
	if (network_subnets(arena, wish, surroundings, network, err) < 0)
		return -1;
	return check_mtu(network, err);
}
