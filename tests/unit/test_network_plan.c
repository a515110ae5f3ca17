/* SPDX-License-Identifier: Apache-2.0 */
#include "net/network_plan.h"

#include <stdio.h>
#include <string.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct error err;
static struct arena arena;

/* A host with two networks, a VPN and a LAN. */
static struct network_subnet web_subnets[1], lan_subnets[1];
static struct network networks[] = {
	{ .name = "web", .driver = NETWORK_BRIDGE, .interface = "ctr1" },
	{ .name = "lan", .driver = NETWORK_MACVLAN, .interface = "eth0" },
};
static struct route routes[3];
static char *interfaces[] = { "lo", "eth0", "ctr2", "docker0", NULL };

static struct ip_prefix net(const char *text)
{
	struct ip_prefix prefix = { 0 };

	CHECK_INT(ip_prefix_parse(text, &prefix, &err), 0);
	return prefix;
}

static struct network_surroundings host(void)
{
	web_subnets[0].subnet = net("10.89.1.0/24");
	networks[0].subnets.items = web_subnets;
	networks[0].subnets.count = 1;
	lan_subnets[0].subnet = net("192.168.1.0/24");
	networks[1].subnets.items = lan_subnets;
	networks[1].subnets.count = 1;
	routes[0] = (struct route){ .destination = net("192.168.1.0/24"), .interface = "eth0" };
	routes[1] = (struct route){ .destination = net("10.89.2.128/25"), .interface = "tun0" };
	routes[2] = (struct route){ .destination = net("0.0.0.0/1"), .interface = "tun0" };
	return (struct network_surroundings){
		.networks = { networks, ARRAY_SIZE(networks) },
		.routes = { routes, ARRAY_SIZE(routes) },
		.interfaces = { interfaces, ARRAY_SIZE(interfaces) - 1 },
		.default_interface = "eth0",
		.created = "2026-11-21T03:42:34.808960490Z",
		.random = { 1, 2, 3, 4, 5, 6, 7, 8, 9 },
	};
}

/* A list of the words of a text, which blanks part. */
static struct string_list words(const char *text)
{
	struct string_list list = { .items = arena_array(&arena, char *, 8) };
	char *copy = arena_strdup(&arena, text), *rest = NULL;

	for (char *word = strtok_r(copy ? copy : (char[]){ "" }, " ", &rest); word;
	     word = strtok_r(NULL, " ", &rest))
		list.items[list.count++] = word;
	return list;
}

static struct string_map pairs(const char *text)
{
	struct string_list list = words(text);
	struct string_map map = { .items = arena_array(&arena, struct string_pair, 8) };

	for (; map.count < list.count; map.count++) {
		char *equals = strchr(list.items[map.count], '=');

		*equals = '\0';
		map.items[map.count] = (struct string_pair){ list.items[map.count], equals + 1 };
	}
	return map;
}

struct wish_text {
	const char *name, *driver, *interface, *subnets, *gateways, *ranges, *options;
	bool ipv6, no_addresses, internal;
};

static int plan(const struct wish_text *text, struct network *network)
{
	struct network_surroundings surroundings = host();
	struct network_wish wish = {
		.name = text->name,
		.driver = text->driver,
		.interface = text->interface,
		.subnets = words(text->subnets),
		.gateways = words(text->gateways),
		.ranges = words(text->ranges),
		.options = pairs(text->options),
		.ipv6 = text->ipv6,
		.no_addresses = text->no_addresses,
		.internal = text->internal,
	};

	return network_plan(&arena, &wish, &surroundings, network, &err);
}

static void add(char *golden, size_t room, const char *text)
{
	size_t used = strlen(golden);

	CHECK((size_t)snprintf(golden + used, room - used, "%s\n", text) < room - used);
}

TEST(network_is_planned_around_what_is_there)
{
	static const struct wish_text wishes[] = {
		{ "ctr" },
		{ "a" },
		{ "a", .ipv6 = true },
		{ "a", .subnets = "10.90.7.9/24 fd00:7::/64", .gateways = "fd00:7::fe",
		  .ranges = "10.90.7.128/25 fd00:7::10-fd00:7::20" },
		{ "a", .subnets = "fd00:7::/64" },
		{ "a", .subnets = "fd00:7::/64", .ipv6 = true, .internal = true },
		{ "a", .interface = "br-a", .options = "mtu=1400 isolate=false vlan=7" },
		{ "a", .options = "com.docker.network.driver.mtu=1300 "
				  "com.docker.network.bridge.name=br-b isolate=strict" },
		{ "a", "macvlan", .subnets = "192.168.1.0/24", .options = "parent=eth0 mode=vepa" },
		{ "a", "macvlan", .subnets = "192.168.1.0/24", .internal = true },
		{ "a", "ipvlan", .subnets = "192.168.1.0/24", .options = "mode=l3" },
		{ "a", "ipvlan", .no_addresses = true },
	};
	static char golden[16384];

	golden[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		struct network network;

		if (plan(&wishes[i], &network) < 0)
			unit_fail(__FILE__, __LINE__, "wish %zu: %s", i, err.text);
		network.id = NULL;
		network.created = NULL;
		add(golden, sizeof(golden), network_encode(&arena, &network, NULL));
	}
	arena_free(&arena);
	CHECK_GOLDEN(golden, "network-plan.txt");
}

TEST(network_that_cannot_be_is_refused_with_the_reason)
{
	static const struct wish_text wishes[] = {
		{ "web" },
		{ "-x" },
		{ "host" },
		{ "a", "overlay" },
		{ "a", .interface = "ctr1" },
		{ "a", .interface = "docker0" },
		{ "a", .interface = "this-is-too-long" },
		{ "a", .subnets = "10.90.0.0" },
		{ "a", .subnets = "10.90.0.0/31" },
		{ "a", .subnets = "10.0.0.0/7" },
		{ "a", .subnets = "127.1.0.0/16" },
		{ "a", .subnets = "224.1.0.0/16" },
		{ "a", .subnets = "fe80::/64" },
		{ "a", .subnets = "0.0.0.0/0" },
		{ "a", .subnets = "10.89.0.0/16" },
		{ "a", .subnets = "10.89.1.128/25" },
		{ "a", .subnets = "192.168.1.0/25" },
		{ "a", .subnets = "10.89.2.0/24" },
		{ "a", .subnets = "10.90.0.0/24 10.90.0.128/25" },
		{ "a", .gateways = "10.90.0.1" },
		{ "a", .subnets = "10.90.0.0/24", .gateways = "10.90.1.1" },
		{ "a", .subnets = "10.90.0.0/24", .gateways = "10.90.0.255" },
		{ "a", .subnets = "10.90.0.0/24", .gateways = "10.90.0.0" },
		{ "a", .subnets = "10.90.0.0/24", .gateways = "10.90.0.5 10.90.0.6" },
		{ "a", .subnets = "10.90.0.0/24", .gateways = "gateway" },
		{ "a", .subnets = "10.90.0.0/24", .ranges = "10.90.1.0/25" },
		{ "a", .subnets = "10.90.0.0/24", .ranges = "10.90.0.0/23" },
		{ "a", .subnets = "10.90.0.0/24", .ranges = "10.90.0.9-10.90.0.2" },
		{ "a", .subnets = "10.90.0.0/24", .ranges = "10.90.0.9-10.90.1.2" },
		{ "a", .subnets = "10.90.0.0/24", .ranges = "10.90.0.8/29 10.90.0.16/29" },
		{ "a", .subnets = "10.90.0.0/24", .ranges = "x" },
		{ "a", .options = "mtu=67" },
		{ "a", .options = "mtu=big" },
		{ "a", .options = "mtu=1279", .ipv6 = true },
		{ "a", .options = "vlan=4095" },
		{ "a", .options = "isolate=perhaps" },
		{ "a", .options = "colour=red" },
		{ "a", .options = "mode=l2" },
		{ "a", .options = "parent=eth0" },
		{ "a", .no_addresses = true },
		{ "a", "macvlan" },
		{ "a", "macvlan", .subnets = "192.168.1.0/24", .options = "mode=l2" },
		{ "a", "macvlan", .subnets = "192.168.1.0/24", .options = "parent=eth9" },
		{ "a", "ipvlan", .interface = "lo" },
		{ "a", "macvlan", .interface = "eth0", .options = "parent=eth1" },
		{ "a", "macvlan", .options = "com.docker.network.bridge.name=x" },
		{ "a", "ipvlan", .subnets = "192.168.1.0/24", .options = "mode=bridge" },
	};
	static char golden[16384];

	golden[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		struct network network;

		if (plan(&wishes[i], &network) == 0)
			unit_fail(__FILE__, __LINE__, "wish %zu was taken", i);
		add(golden, sizeof(golden), err.text);
	}
	arena_free(&arena);
	CHECK_GOLDEN(golden, "network-plan-errors.txt");
}

TEST(network_of_a_host_whose_vpn_has_all_of_ten_is_of_another_pool)
{
	struct network_surroundings surroundings = host();
	struct network_wish wish = { .name = "a" };
	struct network network;
	char text[ADDRESS_TEXT_SIZE];

	routes[1].destination = net("10.0.0.0/8");
	CHECK_INT(network_plan(&arena, &wish, &surroundings, &network, &err), 0);
	CHECK_STRING(ip_prefix_print(&network.subnets.items[0].subnet, text), "172.20.0.0/24");
	routes[0].destination = net("172.16.0.0/12");
	CHECK_INT(network_plan(&arena, &wish, &surroundings, &network, &err), 0);
	CHECK_STRING(ip_prefix_print(&network.subnets.items[0].subnet, text), "192.168.128.0/24");
	routes[2].destination = net("192.168.0.0/16");
	CHECK_INT(network_plan(&arena, &wish, &surroundings, &network, &err), -1);
	CHECK_CONTAINS(err.text, "no subnet is free");
	arena_free(&arena);
}

TEST(network_upon_a_parent_needs_one)
{
	struct network_surroundings surroundings = host();
	struct network_wish wish = { .name = "a", .driver = "macvlan", .no_addresses = true };
	struct network network;

	surroundings.default_interface = NULL;
	CHECK_INT(network_plan(&arena, &wish, &surroundings, &network, &err), -1);
	CHECK_CONTAINS(err.text, "-o parent=eth0");
	arena_free(&arena);
}
