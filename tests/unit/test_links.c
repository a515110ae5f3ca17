/* SPDX-License-Identifier: Apache-2.0 */
#include "net/links.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/rtnetlink.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "net/device_move.h"
#include "net/rate.h"
#include "net/route.h"
#include "tests/unit/unit.h"

/*
 * The plans as text; and, for root, links in two network namespaces made for that, looked at with
 * ip(8).
 */

static struct arena arena;
static struct error err;

static struct network_subnet subnets[2];
static struct network network;
static struct network_address addresses[2];
static struct network_endpoint endpoint;

static struct ip_address address_of(const char *text)
{
	struct ip_address address;

	CHECK(ip_address_parse(text, &address, &err) == 0);
	return address;
}

static struct ip_prefix prefix_of(const char *text)
{
	struct ip_prefix prefix;

	CHECK(ip_prefix_parse(text, &prefix, &err) == 0);
	return prefix;
}

/* A network of both families, and a container in it. */
static void make_network(void)
{
	subnets[0] = (struct network_subnet){ .subnet = prefix_of("10.89.7.0/24"),
					      .gateway = address_of("10.89.7.1") };
	subnets[1] = (struct network_subnet){ .subnet = prefix_of("fd89:7::/64"),
					      .gateway = address_of("fd89:7::1") };
	network = (struct network){ .name = "web", .interface = "ctr7", .subnets = { subnets, 2 } };
	addresses[0] =
		(struct network_address){ prefix_of("10.89.7.2/24"), address_of("10.89.7.1") };
	addresses[1] =
		(struct network_address){ prefix_of("fd89:7::2/64"), address_of("fd89:7::1") };
	endpoint = (struct network_endpoint){ .network = "web",
					      .interface = "eth0",
					      .host_interface = "vtest0",
					      .addresses = { addresses, 2 } };
	CHECK(mac_address_parse("02:42:0a:59:07:02", &endpoint.mac, &err) == 0);
}

static const char *print_plan(unsigned int flags)
{
	struct links_plan plan;

	CHECK(links_plan(&network, &endpoint, flags, &plan, &err) == 0);
	return links_plan_print(&arena, &plan);
}

TEST(links_plans_are_these)
{
	const char *text;

	make_network();
	text = print_plan(LINKS_DEFAULT_ROUTE | LINKS_PUBLISHES);
	network.mtu = 1400;
	endpoint.rate_in = 1000000;
	endpoint.rate_out = 2000000;
	text = arena_printf(&arena, "%s\nmtu, rates, not the first network:\n%s", text,
			    print_plan(0));
	endpoint.rate_in = endpoint.rate_out = 0;
	network.internal = true;
	text = arena_printf(&arena, "%s\ninternal:\n%s", text, print_plan(LINKS_DEFAULT_ROUTE));
	network = (struct network){ .name = "lan", .interface = "eth1", .driver = NETWORK_MACVLAN };
	text = arena_printf(&arena, "%s\nmacvlan:\n%s", text, print_plan(LINKS_DEFAULT_ROUTE));
	network.driver = NETWORK_IPVLAN;
	network.mode = "l3";
	text = arena_printf(&arena, "%s\nipvlan l3:\n%s", text, print_plan(LINKS_DEFAULT_ROUTE));
	CHECK_GOLDEN(text, "links.txt");
	arena_free(&arena);
}

TEST(links_that_cannot_be_are_refused)
{
	struct links_plan plan;

	make_network();
	network.driver = NETWORK_MACVLAN;
	network.mode = "l3";
	CHECK(links_plan(&network, &endpoint, 0, &plan, &err) == -1);
	CHECK_STRING(err.text, "macvlan has no mode 'l3'");
	network.mode = NULL;
	endpoint.rate_in = 1000000;
	CHECK(links_plan(&network, &endpoint, 0, &plan, &err) == -1);
	CHECK_INT(err.errnum, EOPNOTSUPP);
	network.driver = NETWORK_BRIDGE;
	endpoint.rate_in = 1;
	CHECK(links_plan(&network, &endpoint, 0, &plan, &err) == -1);
	CHECK_INT(err.errnum, EINVAL);
}

TEST(links_host_names_differ)
{
	char first[IFNAMSIZ], second[IFNAMSIZ];

	CHECK(links_host_name(first, &err) == 0 && links_host_name(second, &err) == 0);
	CHECK_INT(strlen(first), IFNAMSIZ - 1);
	CHECK(strcmp(first, second) != 0);
}

/* --- in the kernel ------------------------------------------------------------------------------- */

/* Two namespaces for one test: the process is in the host's. */
struct world {
	struct netlink host;
	int host_netns, netns;
};

static int new_netns(void)
{
	if (unshare(CLONE_NEWNET) < 0)
		unit_skip("needs root");
	return open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
}

static void make_world(struct world *world)
{
	world->netns = new_netns();
	world->host_netns = new_netns();
	CHECK(world->netns >= 0 && world->host_netns >= 0);
	CHECK(netlink_open(&world->host, NETLINK_ROUTE, -1, &err) == 0);
	make_network();
}

static void end_world(struct world *world)
{
	netlink_close(&world->host);
	close_fd(&world->netns);
	close_fd(&world->host_netns);
	arena_free(&arena);
}

/* What a command prints in a namespace. */
static const char *in(int netns, const struct world *world, const char *command)
{
	static char text[16384];
	size_t length;
	FILE *out;

	CHECK(setns(netns, CLONE_NEWNET) == 0);
	out = popen(command, "re");
	CHECK(out);
	length = fread(text, 1, sizeof(text) - 1, out);
	text[length] = '\0';
	pclose(out);
	CHECK(setns(world->host_netns, CLONE_NEWNET) == 0);
	return text;
}

/* The interface that the list has a route to this prefix over; NULL: it has none. */
static const char *route_to(const struct route_list *list, const char *prefix)
{
	const struct ip_prefix wanted = prefix_of(prefix);

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].destination.length == wanted.length &&
		    ip_address_equal(&list->items[i].destination.address, &wanted.address))
			return list->items[i].interface;
	return NULL;
}

static void apply(struct world *world, unsigned int flags)
{
	struct links_plan plan;
	uint32_t index;

	CHECK(links_plan(&network, &endpoint, flags, &plan, &err) == 0);
	if (links_apply(&world->host, &arena, &plan, world->netns, &index, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	CHECK(!!index == (network.driver == NETWORK_BRIDGE));
}

TEST(links_of_a_bridge_reach_it)
{
	struct world world;
	const char *text;

	make_world(&world);
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	CHECK(links_ready(&world.host, &arena, &network, &err) == 0);
	apply(&world, LINKS_DEFAULT_ROUTE);
	text = in(world.netns, &world, "ip -o addr show dev eth0; ip route; ip -6 route");
	CHECK_CONTAINS(text, "inet 10.89.7.2/24 brd 10.89.7.255");
	CHECK_CONTAINS(text, "inet6 fd89:7::2/64");
	CHECK_CONTAINS(text, "default via 10.89.7.1 dev eth0");
	CHECK_CONTAINS(text, "default via fd89:7::1 dev eth0");
	CHECK_CONTAINS(in(world.netns, &world, "ip link show eth0"), "02:42:0a:59:07:02");
	text = in(world.host_netns, &world, "ip -d link show vtest0; ip -o addr show dev ctr7");
	CHECK_CONTAINS(text, "master ctr7");
	CHECK_CONTAINS(text, "state UP");
	CHECK_CONTAINS(text, "addrgenmode none");
	CHECK_CONTAINS(text, "hairpin off");
	CHECK_CONTAINS(text, "10.89.7.1/24");
	CHECK_CONTAINS(text, "fd89:7::1/64");
	CHECK_CONTAINS(in(world.netns, &world, "busybox ping -c1 -W2 10.89.7.1"),
		       " 0% packet loss");
	CHECK_CONTAINS(in(world.netns, &world, "busybox ping -6 -c1 -W2 fd89:7::1"),
		       " 0% packet loss");
	CHECK_STRING(in(world.host_netns, &world,
			"cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding "
			"/proc/sys/net/ipv4/conf/ctr7/route_localnet "
			"/proc/sys/net/ipv4/conf/vtest0/rp_filter"),
		     "1\n1\n1\n1\n");
	CHECK_CONTAINS(in(world.host_netns, &world, "ip -d link show ctr7"),
		       "no_linklocal_learn 1");
	end_world(&world);
}

TEST(links_have_ipv6_where_it_is_off_by_default)
{
	static const char off[] = "echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6; "
				  "echo 1 >/proc/sys/net/ipv6/conf/all/disable_ipv6";
	struct world world;

	make_world(&world);
	in(world.host_netns, &world, off);
	in(world.netns, &world, off);
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	apply(&world, LINKS_DEFAULT_ROUTE);
	CHECK_CONTAINS(in(world.netns, &world, "busybox ping -6 -c1 -W2 fd89:7::1"),
		       " 0% packet loss");
	CHECK_CONTAINS(in(world.netns, &world, "ip route"), "default via 10.89.7.1");
	end_world(&world);
}

TEST(links_are_removed_and_may_be_gone)
{
	struct world world;

	make_world(&world);
	network.isolate = NETWORK_SHARED;
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	CHECK_CONTAINS(in(world.host_netns, &world, "ip link show group 6517874"), "ctr7");
	apply(&world, LINKS_PUBLISHES);
	CHECK_CONTAINS(in(world.host_netns, &world, "ip -d link show vtest0"), "hairpin on");
	CHECK_STRING(in(world.netns, &world, "ip route show default"), "");
	CHECK(links_remove(&world.host, &arena, &endpoint, &err) == 0);
	CHECK(links_remove(&world.host, &arena, &endpoint, &err) == 0);
	CHECK(links_remove_inside(world.netns, &arena, &endpoint, &err) == 0);
	CHECK(links_network_remove(&world.host, &arena, &network, &err) == 0);
	CHECK(links_network_remove(&world.host, &arena, &network, &err) == 0);
	CHECK_STRING(in(world.host_netns, &world, "ip -o link | grep -v ' lo:'"), "");
	CHECK_STRING(in(world.netns, &world, "ip -o link | grep -v ' lo:'"), "");
	end_world(&world);
}

TEST(links_that_clash_say_where_and_leave_nothing)
{
	struct links_plan plan;
	struct world world;
	uint32_t index;

	make_world(&world);
	CHECK(links_plan(&network, &endpoint, 0, &plan, &err) == 0);
	CHECK(links_apply(&world.host, &arena, &plan, world.netns, &index, &err) == -1);
	CHECK_INT(err.errnum, ENODEV);
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	apply(&world, 0);
	endpoint.host_interface = "vtest1";
	CHECK(links_apply(&world.host, &arena, &plan, world.netns, &index, &err) == -1);
	CHECK_STRING(err.text, "interface eth0: the container has an interface 'eth0' "
			       "already");
	CHECK_STRING(in(world.host_netns, &world, "ip -o link | grep vtest1"), "");
	endpoint.host_interface = "vtest0";
	endpoint.interface = "eth1";
	CHECK(links_apply(&world.host, &arena, &plan, world.netns, &index, &err) == -1);
	CHECK_STRING(err.text, "interface eth1: the host has an interface 'vtest0' "
			       "already");
	/* an address that the container has: the pair that was made for it is gone again */
	endpoint.host_interface = "vtest1";
	addresses[1].address = (struct ip_prefix){ address_of("ff02::1"), 64 };
	CHECK(links_apply(&world.host, &arena, &plan, world.netns, &index, &err) == -1);
	CHECK_CONTAINS(err.text, "give it the address ff02::1/64: ");
	CHECK_STRING(in(world.host_netns, &world, "ip -o link | grep vtest1"), "");
	end_world(&world);
}

TEST(links_have_the_mtu_of_the_way_out)
{
	struct world world;

	make_world(&world);
	in(world.host_netns, &world,
	   "ip link add name up0 mtu 1380 type veth peer name down0; ip link set down0 up; "
	   "ip link set up0 up; ip addr add 192.0.2.7/24 dev up0; ip route add default via "
	   "192.0.2.1");
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	apply(&world, 0);
	CHECK_CONTAINS(in(world.netns, &world, "ip link show eth0"), "mtu 1380");
	CHECK_CONTAINS(in(world.host_netns, &world, "ip link show ctr7"), "mtu 1380");
	CHECK_CONTAINS(in(world.host_netns, &world, "ip link show vtest0"), "mtu 1380");
	end_world(&world);
}

TEST(links_whose_bridge_was_removed_are_put_on_the_new_one)
{
	struct links_plan plan;
	struct world world;

	make_world(&world);
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	apply(&world, LINKS_PUBLISHES);
	in(world.host_netns, &world, "ip link del ctr7");
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	CHECK(links_plan(&network, &endpoint, LINKS_PUBLISHES, &plan, &err) == 0);
	CHECK(links_rejoin(&world.host, &arena, &plan, &err) == 0);
	CHECK_CONTAINS(in(world.host_netns, &world, "ip -d link show vtest0"), "master ctr7");
	CHECK_CONTAINS(in(world.host_netns, &world, "ip -d link show vtest0"), "hairpin on");
	CHECK_CONTAINS(in(world.netns, &world, "busybox ping -c1 -W2 10.89.7.1"),
		       " 0% packet loss");
	CHECK(links_remove(&world.host, &arena, &endpoint, &err) == 0);
	CHECK(links_rejoin(&world.host, &arena, &plan, &err) == 0);
	end_world(&world);
}

TEST(links_that_were_there_before_stay)
{
	struct world world;

	make_world(&world);
	in(world.host_netns, &world,
	   "ip link add name ctr7 type bridge; ip addr add 192.0.2.1/24 dev ctr7");
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	CHECK(links_network_remove(&world.host, &arena, &network, &err) == 0);
	CHECK_CONTAINS(in(world.host_netns, &world, "ip -o addr show dev ctr7"), "192.0.2.1/24");
	in(world.host_netns, &world,
	   "ip link del ctr7; ip link add name ctr7 type veth peer name ctr7p");
	CHECK(links_network(&world.host, &arena, &network, &err) == -1);
	CHECK_CONTAINS(err.text, "'ctr7' already, which is no bridge");
	end_world(&world);
}

TEST(links_of_macvlan_hang_on_their_parent)
{
	struct links_plan plan;
	struct world world;
	uint32_t index;

	make_world(&world);
	network.driver = NETWORK_MACVLAN;
	network.interface = "up0";
	CHECK(links_network(&world.host, &arena, &network, &err) == -1);
	CHECK_STRING(err.text, "its parent 'up0' is no interface of this host");
	in(world.host_netns, &world,
	   "ip link add name up0 type veth peer name down0; ip link set up0 up; ip link set down0 "
	   "up");
	/* kernels before 6.14 did not let it have a name of the host's */
	in(world.host_netns, &world, "ip link add name eth0 type veth peer name eth0p");
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	apply(&world, LINKS_DEFAULT_ROUTE);
	CHECK_CONTAINS(in(world.netns, &world, "ip -d link show eth0"), "macvlan mode bridge");
	CHECK(links_plan(&network, &endpoint, 0, &plan, &err) == 0);
	CHECK(links_apply(&world.host, &arena, &plan, world.netns, &index, &err) == -1);
	CHECK_STRING(err.text, "interface eth0: the container has an interface 'eth0' already");
	CHECK_STRING(in(world.netns, &world, "ip -o link | grep -v ' lo:' | grep -v ' eth0@'"), "");
	CHECK_CONTAINS(in(world.netns, &world, "ip route"), "default via 10.89.7.1");
	CHECK(links_network_remove(&world.host, &arena, &network, &err) == 0);
	CHECK_CONTAINS(in(world.host_netns, &world, "ip -o link"), "up0");
	end_world(&world);
}

/* Either it works or the kernel's lack is told by its name. */
TEST(links_that_the_kernel_does_not_know_are_named)
{
	struct links_plan plan;
	struct world world;
	uint32_t index;
	bool knows;

	make_world(&world);
	in(world.host_netns, &world,
	   "ip link add name up0 type veth peer name down0; ip link set up0 up; ip link set down0 "
	   "up");
	CHECK(links_check(&world.host, &arena, &network, &err) == 0);
	network.driver = NETWORK_IPVLAN;
	network.interface = "none";
	CHECK(links_check(&world.host, &arena, &network, &err) == -1);
	CHECK(err.errnum == ENODEV || err.errnum == EOPNOTSUPP);
	network.interface = "up0";
	knows = links_check(&world.host, &arena, &network, &err) == 0;
	CHECK(links_plan(&network, &endpoint, 0, &plan, &err) == 0);
	CHECK(knows == (links_apply(&world.host, &arena, &plan, world.netns, &index, &err) == 0));
	if (!knows)
		CHECK_STRING(err.text, "interface eth0: this kernel has no ipvlan "
				       "(module ipvlan, CONFIG_IPVLAN)");
	network.vlan = 100;
	if (links_network(&world.host, &arena, &network, &err) < 0)
		CHECK_STRING(err.text, "this kernel has no vlan (module 8021q, "
				       "CONFIG_VLAN_8021Q)");
	else
		CHECK_CONTAINS(in(world.host_netns, &world, "ip -d link show up0.100"), "id 100");
	CHECK(links_network_remove(&world.host, &arena, &network, &err) == 0);
	CHECK_STRING(in(world.host_netns, &world, "ip -o link | grep up0.100"), "");
	end_world(&world);
}

TEST(links_of_a_bridge_with_a_vlan_are_in_it)
{
	struct world world;

	make_world(&world);
	network.vlan = 77;
	if (links_network(&world.host, &arena, &network, &err) < 0) {
		CHECK_STRING(err.text, "bridge ctr7: the bridges of this kernel know no "
				       "VLANs (CONFIG_BRIDGE_VLAN_FILTERING)");
	} else {
		apply(&world, 0);
		CHECK_CONTAINS(in(world.host_netns, &world, "bridge -c=never vlan show dev vtest0"),
			       "77 PVID Egress Untagged");
		CHECK_CONTAINS(in(world.netns, &world, "busybox ping -c1 -W2 10.89.7.1"),
			       " 0% packet loss");
	}
	end_world(&world);
}

TEST(links_have_their_rates)
{
	struct world world;
	const char *text;

	make_world(&world);
	endpoint.rate_in = 8000000;
	endpoint.rate_out = 80000000000;
	CHECK(links_network(&world.host, &arena, &network, &err) == 0);
	apply(&world, 0);
	text = in(world.host_netns, &world,
		  "tc qdisc show dev vtest0; tc filter show dev vtest0 ingress");
	CHECK_CONTAINS(text, "qdisc tbf 1: root refcnt");
	CHECK_CONTAINS(text, "rate 8Mbit burst 10000b");
	CHECK_CONTAINS(text, "qdisc clsact");
	CHECK_CONTAINS(text, "ctr_rate direct-action");
	text = in(world.netns, &world, "tc qdisc show dev eth0");
	CHECK_CONTAINS(text, "rate 80Gbit");
	CHECK_CONTAINS(in(world.netns, &world, "busybox ping -c1 -W2 10.89.7.1"),
		       " 0% packet loss");
	end_world(&world);
}

/* At 8 kbit/s a packet of 1500 bytes takes 1.5 s: those behind the burst come too early. */
TEST(rate_program_drops_what_is_beyond_the_burst)
{
	cleanup_fd int program = rate_program_load(RATE_LEAST, 3 * rate_burst(RATE_LEAST, 0), &err);
	char packet[1500] = { 0 };
	unsigned int passed = 0;

	if (program < 0)
		unit_skip("needs root");
	for (int i = 0; i < 10; i++) {
		union bpf_attr attributes = {
			.test = { .prog_fd = (uint32_t)program,
				  .data_in = (uintptr_t)packet,
				  .data_size_in = sizeof(packet),
				  .data_out = (uintptr_t)packet,
				  .data_size_out = sizeof(packet) },
		};

		CHECK(syscall(SYS_bpf, BPF_PROG_TEST_RUN, &attributes, sizeof(attributes)) == 0);
		passed += attributes.test.retval != TC_ACT_SHOT;
	}
	/* the packets that fill it, and the first one that finds it just not over-full */
	CHECK_INT(passed, 3 * rate_burst(RATE_LEAST, 0) / sizeof(packet) + 1);
}

/* With name, addresses and state, there and back. */
TEST(links_of_the_host_are_moved_and_come_back)
{
	struct net_device devices[] = { { .host_name = "up0", .name = "net%d" },
					{ .host_name = "up1", .name = "net0" } };
	const struct net_devices_plan plan = { devices, 2 };
	struct device_moves moves;
	struct world world;
	const char *text;

	make_world(&world);
	in(world.host_netns, &world,
	   "ip link add name up0 type veth peer name down0; ip addr add 192.0.2.7/24 brd + dev "
	   "up0; "
	   "ip addr add fd00:7::1/64 dev up0; ip link set up0 up; "
	   "ip link add name up1 type veth peer name down1");
	/* the second one cannot: the first has got its name */
	CHECK(device_moves_apply(&arena, &plan, world.netns, &moves, &err) == -1);
	CHECK_CONTAINS(err.text, "linux.netDevices[\"up1\"]: 'net0' is there already");
	text = in(world.netns, &world, "ip -o addr show dev net0; ip -o link show net0");
	CHECK_CONTAINS(text, "inet 192.0.2.7/24 brd 192.0.2.255");
	CHECK_CONTAINS(text, "inet6 fd00:7::1/64");
	CHECK_CONTAINS(text, ",UP");
	CHECK(device_moves_remove(&arena, &moves, world.netns, &err) == 0);
	CHECK(device_moves_remove(&arena, &moves, world.netns, &err) == 0);
	text = in(world.host_netns, &world, "ip -o addr show dev up0; ip -o link show up0");
	CHECK_CONTAINS(text, "inet 192.0.2.7/24 brd 192.0.2.255");
	CHECK_CONTAINS(text, "inet6 fd00:7::1/64");
	CHECK_CONTAINS(text, ",UP");
	end_world(&world);
}

TEST(links_routes_of_the_host_are_found)
{
	struct route_list list;
	struct world world;
	char name[IFNAMSIZ];

	make_world(&world);
	CHECK(route_default_interface(&world.host, &arena, name, &err) == -1);
	in(world.host_netns, &world,
	   "ip link add name up0 type veth peer name down0; ip link set down0 up; ip link set up0 "
	   "up; ip addr add 10.90.0.7/16 dev up0; ip route add default via 10.90.0.1; ip route add "
	   "blackhole 10.91.3.0/24; ip addr add fd00:1::1/64 dev up0 nodad");
	CHECK(route_list(&world.host, &arena, &list, &err) == 0);
	CHECK(route_default_interface(&world.host, &arena, name, &err) == 0);
	CHECK_STRING(name, "up0");
	CHECK_INT(list.count, 3);
	CHECK_STRING(route_to(&list, "10.90.0.0/16"), "up0");
	CHECK_STRING(route_to(&list, "10.91.3.0/24"), "");
	CHECK_STRING(route_to(&list, "fd00:1::/64"), "up0");
	end_world(&world);
}
