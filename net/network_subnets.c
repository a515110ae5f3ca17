/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "base/macro.h"
#include "net/network_plan.h"

/*
 * Where subnets are from that nobody has named: podman's pool, behind its default network, and for
 * hosts that have all of it behind a route parts of the other private networks (RFC 1918).
 */
static const struct {
	struct ip_prefix pool;
	uint64_t first; /* offset */
} pools[] = {
	{ { { AF_INET, { 10 } }, 8 }, 89 << 16 },
	{ { { AF_INET, { 172, 16 } }, 12 }, 4 << 16 },
	{ { { AF_INET, { 192, 168 } }, 16 }, 128 << 8 },
};

/* Routes to more than that are no networks but halves of the default route, as VPNs make them. */
#define SHORTEST_ROUTE 8

/* One network with what it may not clash with. */
struct subnets {
	struct arena *arena;
	const struct network_wish *wish;
	const struct network_surroundings *surroundings;
	struct network *network;
};

/* Who has addresses of a prefix already. */
struct clash {
	struct ip_prefix prefix;
	const char *network; /* NULL: it is a route of the host */
	const struct route *route;
};

/* Macvlan and ipvlan live in the network of their parent: all but bridges may overlap. */
static bool find_network(const struct network_list *networks, const struct ip_prefix *prefix,
			 struct clash *clash)
{
	for (size_t i = 0; i < networks->count; i++) {
		const struct network *other = &networks->items[i];

		for (size_t k = 0; other->driver == NETWORK_BRIDGE && k < other->subnets.count; k++)
			if (ip_prefix_overlaps(&other->subnets.items[k].subnet, prefix)) {
				*clash = (struct clash){
					.prefix = other->subnets.items[k].subnet,
					.network = other->name,
				};
				return true;
			}
	}
	return false;
}

static bool find_route(const struct route_list *routes, const struct ip_prefix *prefix,
		       struct clash *clash)
{
	for (size_t i = 0; i < routes->count; i++) {
		const struct route *route = &routes->items[i];

		if (route->destination.length < SHORTEST_ROUTE ||
		    !ip_prefix_overlaps(&route->destination, prefix))
			continue;
		*clash = (struct clash){ .prefix = route->destination, .route = route };
		return true;
	}
	return false;
}

static bool find_clash(const struct network_surroundings *surroundings,
		       const struct ip_prefix *prefix, struct clash *clash)
{
	return find_network(&surroundings->networks, prefix, clash) ||
	       find_route(&surroundings->routes, prefix, clash);
}

static int fail_clash(const struct ip_prefix *prefix, const struct clash *clash, struct error *err)
{
	char text[ADDRESS_TEXT_SIZE], other[ADDRESS_TEXT_SIZE];

	ip_prefix_print(prefix, text);
	ip_prefix_print(&clash->prefix, other);
	if (clash->network)
		return fail(err, EINVAL, "subnet %s overlaps with %s of network '%s'", text, other,
			    clash->network);
	return fail(err, EINVAL, "subnet %s overlaps with the host's route to %s%s%s", text, other,
		    clash->route->interface[0] ? " over " : "", clash->route->interface);
}

/* The first subnet of a pool that nobody has: behind a clash the search goes on. */
static bool choose_of_pool(const struct network_surroundings *surroundings, size_t pool,
			   struct ip_prefix *subnet)
{
	const struct ip_prefix *whole = &pools[pool].pool;
	uint64_t offset = pools[pool].first;
	struct clash clash;

	for (;;) {
		struct ip_address last;

		*subnet = (struct ip_prefix){
			.address = ip_prefix_nth(whole, offset),
			.length = 24,
		};
		if (!find_clash(surroundings, subnet, &clash))
			return true;
		last = ip_prefix_last(clash.prefix.length < subnet->length ? &clash.prefix
									   : subnet);
		if (!ip_prefix_offset(whole, &last, &offset) ||
		    offset >= ip_prefix_last_offset(whole))
			return false;
		offset++;
	}
}

static int choose_ipv4(const struct network_surroundings *surroundings, struct ip_prefix *subnet,
		       struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(pools); i++)
		if (choose_of_pool(surroundings, i, subnet))
			return 0;
	return fail(err, ENOSPC,
		    "no subnet is free of 10.89.0.0 to 10.255.255.0, 172.20.0.0/14 and on, "
		    "192.168.128.0/17; --subnet names another");
}

/* RFC 4193: a prefix of 48 bits that is random, so that no two sites have the same. */
static int choose_ipv6(const struct network_surroundings *surroundings, struct ip_prefix *subnet,
		       struct error *err)
{
	struct clash clash;

	for (size_t i = 0; i + 7 <= sizeof(surroundings->random); i++) {
		*subnet = (struct ip_prefix){
			.address = { .family = AF_INET6, .bytes = { 0xfd } },
			.length = 64,
		};
		memcpy(subnet->address.bytes + 1, surroundings->random + i, 7);
		if (!find_clash(surroundings, subnet, &clash))
			return 0;
	}
	return fail(err, ENOSPC, "no random subnet of fd00::/8 is free; --subnet names one");
}

static int check_usable(const struct ip_prefix *subnet, struct error *err)
{
	unsigned longest = subnet->address.family == AF_INET ? 30 : 126;
	struct ip_prefix nowhere = { .address = { .family = AF_INET }, .length = 8 };
	char text[ADDRESS_TEXT_SIZE];

	ip_prefix_print(subnet, text);
	if (subnet->length > longest)
		return fail(err, EINVAL,
			    "subnet %s has no address for a container (its length is at most /%u)",
			    text, longest);
	if (subnet->length < 8 || ip_prefix_overlaps(&nowhere, subnet) ||
	    ip_address_is_loopback(&subnet->address) || ip_address_is_any(&subnet->address) ||
	    ip_address_is_multicast(&subnet->address) ||
	    (subnet->address.family == AF_INET6 && ip_address_is_link_local(&subnet->address)))
		return fail(err, EINVAL, "subnet %s cannot be a container network's", text);
	return 0;
}

static int add_subnet(const struct subnets *subnets, const struct ip_prefix *subnet,
		      struct error *err)
{
	struct network *network = subnets->network;
	char text[ADDRESS_TEXT_SIZE], other[ADDRESS_TEXT_SIZE];
	struct clash clash;

	for (size_t i = 0; i < network->subnets.count; i++)
		if (ip_prefix_overlaps(&network->subnets.items[i].subnet, subnet))
			return fail(err, EINVAL, "subnet %s overlaps with the subnet %s",
				    ip_prefix_print(subnet, text),
				    ip_prefix_print(&network->subnets.items[i].subnet, other));
	if (network->driver == NETWORK_BRIDGE && find_clash(subnets->surroundings, subnet, &clash))
		return fail_clash(subnet, &clash, err);
	network->subnets.items[network->subnets.count++].subnet = *subnet;
	return 0;
}

static int add_named(const struct subnets *subnets, struct error *err)
{
	const struct string_list *words = &subnets->wish->subnets;

	for (size_t i = 0; i < words->count; i++) {
		struct ip_prefix subnet;

		if (ip_prefix_parse(words->items[i], &subnet, err) < 0)
			return fail_in(err, "--subnet");
		subnet = ip_prefix_network(&subnet);
		if (check_usable(&subnet, err) < 0 || add_subnet(subnets, &subnet, err) < 0)
			return -1;
	}
	return 0;
}

/* Adds what nobody has named; of a parent's network only its owner knows the subnet. */
static int add_chosen(const struct subnets *subnets, struct error *err)
{
	const struct network_wish *wish = subnets->wish;
	struct network *network = subnets->network;
	struct ip_prefix subnet;

	if (network->driver != NETWORK_BRIDGE)
		return network->subnets.count
			       ? 0
			       : fail(err, EINVAL,
				      "%s needs --subnet, which is that of the parent's network "
				      "(or --ipam-driver none: containers see to addresses "
				      "themselves)",
				      network_driver_name(network->driver));
	if (!network->subnets.count || (wish->ipv6 && !network_has_family(network, AF_INET)))
		if (choose_ipv4(subnets->surroundings, &subnet, err) < 0 ||
		    add_subnet(subnets, &subnet, err) < 0)
			return -1;
	if (wish->ipv6 && !network_has_family(network, AF_INET6))
		if (choose_ipv6(subnets->surroundings, &subnet, err) < 0 ||
		    add_subnet(subnets, &subnet, err) < 0)
			return -1;
	return 0;
}

static struct network_subnet *subnet_of(struct network *network, const struct ip_address *address)
{
	for (size_t i = 0; i < network->subnets.count; i++)
		if (ip_prefix_contains(&network->subnets.items[i].subnet, address))
			return &network->subnets.items[i];
	return NULL;
}

static int set_gateways(const struct subnets *subnets, struct error *err)
{
	const struct string_list *words = &subnets->wish->gateways;

	for (size_t i = 0; i < words->count; i++) {
		struct network_subnet *subnet;
		struct ip_address gateway, last;

		if (ip_address_parse(words->items[i], &gateway, err) < 0)
			return fail_in(err, "--gateway");
		subnet = subnet_of(subnets->network, &gateway);
		if (!subnet)
			return fail(err, EINVAL, "--gateway %s: is in no subnet of the network",
				    words->items[i]);
		if (subnet->gateway.family)
			return fail(err, EINVAL, "--gateway %s: its subnet has one already",
				    words->items[i]);
		last = ip_prefix_last(&subnet->subnet);
		if (ip_address_equal(&gateway, &subnet->subnet.address) ||
		    (gateway.family == AF_INET && ip_address_equal(&gateway, &last)))
			return fail(err, EINVAL,
				    "--gateway %s: is the first or the last address of its subnet",
				    words->items[i]);
		subnet->gateway = gateway;
	}
	return 0;
}

/* A bridge has an address always; behind a parent there is a gateway only if there is a way out. */
static void set_default_gateways(struct network *network)
{
	bool routed = network->driver == NETWORK_IPVLAN && network->mode &&
		      strcmp(network->mode, "l2") != 0;

	if (network->driver != NETWORK_BRIDGE && (network->internal || routed))
		return;
	for (size_t i = 0; i < network->subnets.count; i++) {
		struct network_subnet *subnet = &network->subnets.items[i];

		if (!subnet->gateway.family)
			subnet->gateway = ip_prefix_nth(&subnet->subnet, 1);
	}
}

/* NETWORK/LENGTH, or FIRST-LAST. */
static int parse_range(struct arena *arena, const char *text, struct network_range *range,
		       struct error *err)
{
	char *copy = arena_strdup(arena, text), *dash = strchr(copy, '-');
	struct ip_prefix prefix;

	if (dash) {
		*dash = '\0';
		return ip_address_parse(copy, &range->first, err) < 0
			       ? -1
			       : ip_address_parse(dash + 1, &range->last, err);
	}
	if (ip_prefix_parse(text, &prefix, err) < 0)
		return -1;
	range->first = ip_prefix_network(&prefix).address;
	range->last = ip_prefix_last(&prefix);
	return 0;
}

static int set_ranges(const struct subnets *subnets, struct error *err)
{
	const struct string_list *words = &subnets->wish->ranges;

	for (size_t i = 0; i < words->count; i++) {
		struct network_range *range = arena_new(subnets->arena, struct network_range);
		struct network_subnet *subnet;

		if (parse_range(subnets->arena, words->items[i], range, err) < 0)
			return fail_in(err, "--ip-range");
		subnet = subnet_of(subnets->network, &range->first);
		if (!subnet || !ip_prefix_contains(&subnet->subnet, &range->last))
			return fail(err, EINVAL, "--ip-range %s: is in no subnet of the network",
				    words->items[i]);
		if (ip_address_compare(&range->first, &range->last) > 0)
			return fail(err, EINVAL, "--ip-range %s: ends before it begins",
				    words->items[i]);
		if (subnet->range)
			return fail(err, EINVAL, "--ip-range %s: its subnet has one already",
				    words->items[i]);
		subnet->range = range;
	}
	return 0;
}

int network_subnets(struct arena *arena, const struct network_wish *wish,
		    const struct network_surroundings *surroundings, struct network *network,
		    struct error *err)
{
	struct subnets subnets = {
		.arena = arena,
		.wish = wish,
		.surroundings = surroundings,
		.network = network,
	};

	network->subnets.items = arena_array(arena, struct network_subnet, wish->subnets.count + 2);
	network->subnets.count = 0;
	if (add_named(&subnets, err) < 0)
		return -1;
	if (!wish->no_addresses && add_chosen(&subnets, err) < 0)
		return -1;
	if (set_gateways(&subnets, err) < 0)
		return -1;
	set_default_gateways(network);
	return set_ranges(&subnets, err);
}
