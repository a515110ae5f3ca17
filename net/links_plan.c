/* SPDX-License-Identifier: Apache-2.0 */
#include "net/links.h"

#include <errno.h>
#include <linux/if_link.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>

#include "base/macro.h"
#include "net/rate.h"

int links_host_name(char name[IFNAMSIZ], struct error *err)
{
	static const char digits[] = "0123456789abcdefghijklmnopqrstuv";
	unsigned char bytes[IFNAMSIZ - 2];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return fail_errno(err, "get random bytes");
	name[0] = 'v';
	/* 5 bits for each of 14 digits: a clash is one in 2^70, and is told as EEXIST */
	for (size_t i = 0; i < sizeof(bytes); i++)
		name[1 + i] = digits[bytes[i] & 31];
	name[IFNAMSIZ - 1] = '\0';
	return 0;
}

struct mode {
	char word[10];
	uint8_t driver;
	uint16_t number;
};

static const struct mode modes[] = {
	{ "bridge", NETWORK_MACVLAN, MACVLAN_MODE_BRIDGE },
	{ "private", NETWORK_MACVLAN, MACVLAN_MODE_PRIVATE },
	{ "vepa", NETWORK_MACVLAN, MACVLAN_MODE_VEPA },
	{ "passthru", NETWORK_MACVLAN, MACVLAN_MODE_PASSTHRU },
	{ "l2", NETWORK_IPVLAN, IPVLAN_MODE_L2 },
	{ "l3", NETWORK_IPVLAN, IPVLAN_MODE_L3 },
	{ "l3s", NETWORK_IPVLAN, IPVLAN_MODE_L3S },
};

/* The first row of a driver is its default. */
static const struct mode *find_mode(const struct network *network)
{
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (modes[i].driver == network->driver &&
		    (!network->mode || !strcmp(modes[i].word, network->mode)))
			return &modes[i];
	return NULL;
}

static int plan_mode(struct links_plan *plan, struct error *err)
{
	const struct network *network = plan->network;
	const struct mode *mode;

	if (network->driver == NETWORK_BRIDGE)
		return 0;
	mode = find_mode(network);
	if (!mode)
		return fail(err, EINVAL, "%s has no mode '%s'",
			    network_driver_name(network->driver), network->mode);
	plan->mode = mode->number;
	/* beyond the parent there is a router of its own only where frames leave with MACs */
	plan->has_gateway = network->driver == NETWORK_MACVLAN || mode->number == IPVLAN_MODE_L2;
	return 0;
}

static int plan_rates(const struct links_plan *plan, struct error *err)
{
	const struct network_endpoint *endpoint = plan->endpoint;

	if (!endpoint->rate_in && !endpoint->rate_out)
		return 0;
	if (plan->network->driver != NETWORK_BRIDGE)
		return fail(err, EOPNOTSUPP,
			    "rates need a network of driver bridge (this one is %s)",
			    network_driver_name(plan->network->driver));
	if ((endpoint->rate_in && endpoint->rate_in < RATE_LEAST) ||
	    (endpoint->rate_out && endpoint->rate_out < RATE_LEAST))
		return fail(err, EINVAL, "a rate of less than %d bits a second", RATE_LEAST);
	return 0;
}

int links_plan(const struct network *network, const struct network_endpoint *endpoint,
	       unsigned int flags, struct links_plan *plan, struct error *err)
{
	*plan = (struct links_plan){
		.network = network,
		.endpoint = endpoint,
		.default_route = (flags & LINKS_DEFAULT_ROUTE) && !network->internal,
		.publishes = flags & LINKS_PUBLISHES,
		.has_gateway = true,
		.mtu = network->mtu,
	};
	for (size_t i = 0; i < endpoint->addresses.count; i++)
		plan->inet6 |= endpoint->addresses.items[i].address.address.family == AF_INET6;
	return plan_mode(plan, err) < 0 || plan_rates(plan, err) < 0 ? -1 : 0;
}

static const char *print_mac(const struct links_plan *plan, char text[ADDRESS_TEXT_SIZE])
{
	return plan->network->driver == NETWORK_IPVLAN
		       ? "the parent's"
		       : mac_address_print(&plan->endpoint->mac, text);
}

static char *print_routes(struct arena *arena, const struct links_plan *plan, char *before)
{
	const struct network_endpoint *endpoint = plan->endpoint;
	char text[ADDRESS_TEXT_SIZE];

	for (size_t i = 0; i < endpoint->addresses.count; i++) {
		const struct network_address *address = &endpoint->addresses.items[i];

		before = arena_printf(arena, "%saddress %s\n", before,
				      ip_prefix_print(&address->address, text));
		if (links_plan_route(plan, i))
			before = arena_printf(arena, "%sroute default via %s\n", before,
					      plan->has_gateway
						      ? ip_address_print(&address->gateway, text)
						      : "the interface");
	}
	return before;
}

char *links_plan_print(struct arena *arena, const struct links_plan *plan)
{
	const struct network *network = plan->network;
	const struct network_endpoint *endpoint = plan->endpoint;
	char text[ADDRESS_TEXT_SIZE], *out;

	out = network->driver == NETWORK_BRIDGE
		      ? arena_printf(arena, "pair %s %s\nbridge %s%s\n", endpoint->host_interface,
				     endpoint->interface, network->interface,
				     plan->publishes ? " hairpin" : "")
		      : arena_printf(arena, "%s %s\nparent %s mode %d\n",
				     network_driver_name(network->driver), endpoint->interface,
				     network->interface, plan->mode);
	out = arena_printf(arena, "%smac %s\n", out, print_mac(plan, text));
	if (network->mtu)
		out = arena_printf(arena, "%smtu %u\n", out, network->mtu);
	if (endpoint->rate_in)
		out = arena_printf(arena, "%srate in %llu bit/s\n", out,
				   (unsigned long long)endpoint->rate_in);
	if (endpoint->rate_out)
		out = arena_printf(arena, "%srate out %llu bit/s\n", out,
				   (unsigned long long)endpoint->rate_out);
	return print_routes(arena, plan, out);
}

/* One for each family: that of the first address that has a gateway. */
bool links_plan_route(const struct links_plan *plan, size_t number)
{
	const struct network_endpoint *endpoint = plan->endpoint;
	const struct network_address *address = &endpoint->addresses.items[number];

	if (!plan->default_route || (plan->has_gateway && !address->gateway.family))
		return false;
	for (size_t i = 0; i < number; i++)
		if (endpoint->addresses.items[i].address.address.family ==
			    address->address.address.family &&
		    links_plan_route(plan, i))
			return false;
	return true;
}
