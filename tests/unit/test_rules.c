/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/netlink.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/macro.h"
#include "net/rules.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

static struct ip_prefix prefix(const char *text)
{
	struct ip_prefix value;

	CHECK_INT(ip_prefix_parse(text, &value, &err), 0);
	return value;
}

static struct network network(const char *name, const char *interface, const char *subnet,
			      const char *subnet6)
{
	struct network value = { .name = arena_strdup(&arena, name),
				 .interface = arena_strdup(&arena, interface) };

	value.subnets.items = arena_array(&arena, struct network_subnet, 2);
	if (subnet)
		value.subnets.items[value.subnets.count++].subnet = prefix(subnet);
	if (subnet6)
		value.subnets.items[value.subnets.count++].subnet = prefix(subnet6);
	return value;
}

/* An endpoint with the addresses in a list that ends with NULL. */
static struct network_endpoint endpoint(const char *in, const char *interface, const char *mac,
					const char *const *addresses)
{
	struct network_endpoint value = { .network = arena_strdup(&arena, in),
					  .host_interface = arena_strdup(&arena, interface) };

	CHECK_INT(mac_address_parse(mac, &value.mac, &err), 0);
	value.addresses.items = arena_array(&arena, struct network_address, 4);
	for (; *addresses; addresses++)
		value.addresses.items[value.addresses.count++].address = prefix(*addresses);
	return value;
}

static void publish(struct network_attachment *attachment, const char *const *ports)
{
	attachment->ports.items = arena_array(&arena, struct published_port, 16);
	attachment->ports.count = 0;
	for (; *ports; ports++)
		CHECK_INT(port_parse(*ports, &attachment->ports.items[attachment->ports.count++],
				     &err),
			  0);
}

#define LIST(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* db is in web and back, and publishes in web; cache is in web alone. */
static struct network_endpoint db_ends[2], cache_end;
static struct network_attachment db, cache;
static const struct network_attachment *members[] = { &db, &cache };

static void two_members(void)
{
	db_ends[0] = endpoint("web", "v0123456789abcd", "02:42:0a:59:00:02",
			      LIST("10.89.0.2/24", "fd00:89::2/64"));
	db_ends[1] = endpoint("back", "vfedcba9876543", "02:42:0a:59:01:02", LIST("10.89.1.2/24"));
	cache_end = endpoint("web", "vcache", "02:42:0a:59:00:03",
			     LIST("10.89.0.3/24", "fd00:89::3/64"));
	db = (struct network_attachment){ .endpoints = { db_ends, 2 } };
	cache = (struct network_attachment){ .endpoints = { &cache_end, 1 } };
	publish(&db, LIST("8080:80", "127.0.0.1:5432:5432", "9000-9002:9000-9002/udp",
			  "[2001:db8::1]:8443:443", "0.0.0.0:53:53/udp", "[::]:7:7/sctp"));
}

static const char *printed(const struct network *of)
{
	const struct rules_members all = { members, ARRAY_SIZE(members) };
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	const char *copy;

	rules_print(file, &arena, of, &all);
	CHECK_INT(fclose(file), 0);
	copy = arena_strdup(&arena, text);
	free(text);
	return copy;
}

TEST(rules_of_a_network_of_both_families_are_the_golden_ones)
{
	struct network web = network("web", "ctr1", "10.89.0.0/24", "fd00:89::/64");

	two_members();
	CHECK_GOLDEN(printed(&web), "rules_web.nft");
}

TEST(rules_of_an_internal_network_let_nothing_through)
{
	struct network back = network("back", "ctr2", "10.89.1.0/24", NULL);

	two_members();
	back.internal = true;
	CHECK_GOLDEN(printed(&back), "rules_internal.nft");
}

TEST(rules_of_shared_networks_know_each_other_by_their_group)
{
	struct network both = network("both", "br-6", NULL, "fd00:90::/64");

	two_members();
	both.isolate = NETWORK_SHARED;
	CHECK_GOLDEN(printed(&both), "rules_shared.nft");
}

TEST(rules_are_none_for_other_drivers)
{
	struct network flat = network("flat", "eth0", "192.0.2.0/24", NULL);
	struct network *networks[] = { &flat, NULL };
	const struct rules_members none = { NULL, 0 };
	struct netlink closed = NETLINK_CLOSED;

	two_members();
	flat.driver = NETWORK_MACVLAN;
	CHECK_INT(rules_attach(&closed, &arena, (const struct network *const *)networks, &db, &err),
		  0);
	CHECK_INT(rules_detach(&closed, &arena, (const struct network *const *)networks, &db, &err),
		  0);
	CHECK_INT(rules_write(&closed, &arena, &flat, &none, &err), 0);
	CHECK_INT(rules_remove(&closed, &arena, &flat, &err), 0);
}

static const char *refused(const char *port)
{
	publish(&db, LIST(port));
	CHECK_INT(rules_check(&db, &err), -1);
	CHECK_INT(err.errnum, EINVAL);
	return err.text;
}

TEST(rules_refuse_ports_that_the_kernel_cannot_lead_to_the_container)
{
	two_members();
	CHECK_INT(rules_check(&db, &err), 0);
	CHECK_CONTAINS(refused("[::1]:80:80"), "publish it on 127.0.0.1");
	CHECK_CONTAINS(refused("[fe80::1]:80:80"), "link-local");
	publish(&db, LIST("[::]:80:80"));
	CHECK_INT(rules_check(&db, &err), 0);
	db_ends[0].addresses.count = 1;
	CHECK_CONTAINS(refused("[::]:80:80"), "no IPv6 address in network web");
	db_ends[0].host_interface = NULL;
	db_ends[1].host_interface = NULL;
	CHECK_CONTAINS(refused("80:80"), "none of the container's networks is a bridge");
	publish(&db, LIST("127.0.0.1:80:80"));
	db_ends[1].host_interface = arena_strdup(&arena, "v1");
	CHECK_INT(rules_check(&db, &err), 0);
}

/* What a shell says; the rest of the test is in a network namespace of its own. */
static const char *said(const char *command)
{
	static char text[65536];
	FILE *pipe = popen(command, "re"); /* NOLINT(cert-env33-c) */
	size_t size;

	CHECK(pipe);
	size = fread(text, 1, sizeof(text) - 1, pipe);
	text[size] = '\0';
	if (pclose(pipe) != 0)
		unit_fail(__FILE__, __LINE__, "%s: failed", command);
	return arena_strdup(&arena, text);
}

TEST(rules_in_the_kernel_are_those_of_the_text_and_nft_reads_what_it_lists)
{
	const struct rules_members all = { members, ARRAY_SIZE(members) };
	struct network web = network("web", "ctr1", "10.89.0.0/24", "fd00:89::/64");
	const struct network *networks[] = { &web, NULL };
	struct netlink netlink;
	const char *written;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		unit_skip("needs root");
	if (access("/usr/sbin/nft", X_OK) < 0)
		unit_skip("needs nft");
	two_members();
	if (netlink_open(&netlink, NETLINK_NETFILTER, -1, &err) < 0 ||
	    rules_write(&netlink, &arena, &web, &all, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	written = said("nft list ruleset");
	CHECK_CONTAINS(written, "8080 : 10.89.0.2 . 80");
	said("nft list ruleset >\"${TMPDIR:-/tmp}/rules.$$\" && nft flush ruleset && "
	     "nft -f \"${TMPDIR:-/tmp}/rules.$$\"; s=$?; rm \"${TMPDIR:-/tmp}/rules.$$\"; exit $s");
	CHECK_STRING(said("nft list ruleset"), written);
	said(arena_printf(&arena, "nft flush ruleset && nft -f %s",
			  unit_source_path("tests/unit/golden/rules_web.nft")));
	CHECK_STRING(said("nft list ruleset"), written);

	/* Element by element it becomes the same, and nothing remains of what goes. */
	for (size_t i = 0; i < 2; i++) {
		CHECK_INT(rules_write(&netlink, &arena, &web, &(struct rules_members){ 0 }, &err),
			  0);
		CHECK_INT(rules_attach(&netlink, &arena, networks, &db, &err), 0);
		CHECK_INT(rules_attach(&netlink, &arena, networks, &cache, &err), 0);
		CHECK_INT(rules_attach(&netlink, &arena, networks, &db, &err), 0);
		CHECK_STRING(said("nft list ruleset"), written);
	}
	CHECK_INT(rules_detach(&netlink, &arena, networks, &db, &err), 0);
	CHECK_INT(rules_detach(&netlink, &arena, networks, &db, &err), 0);
	CHECK_INT(rules_detach(&netlink, &arena, networks, &cache, &err), 0);
	CHECK_STRING(said("nft list ruleset | grep -c elements || true"), "0\n");
	CHECK_INT(rules_remove(&netlink, &arena, &web, &err), 0);
	CHECK_INT(rules_remove(&netlink, &arena, &web, &err), 0);
	CHECK_STRING(said("nft list ruleset"), "");
	CHECK_INT(rules_detach(&netlink, &arena, networks, &cache, &err), 0);
	CHECK_INT(rules_attach(&netlink, &arena, networks, &cache, &err), -1);
	CHECK_INT(err.errnum, ENOENT);
	netlink_close(&netlink);
}

TEST(rules_leave_a_port_that_leads_to_somebody_else)
{
	struct network web = network("web", "ctr1", "10.89.0.0/24", "fd00:89::/64");
	const struct network *networks[] = { &web, NULL };
	struct netlink netlink;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) < 0)
		unit_skip("needs root");
	two_members();
	publish(&db, LIST("8080:80", "8081:81"));
	publish(&cache, LIST("8080:80"));
	CHECK_INT(netlink_open(&netlink, NETLINK_NETFILTER, -1, &err), 0);
	CHECK_INT(rules_write(&netlink, &arena, &web, &(struct rules_members){ 0 }, &err), 0);
	CHECK_INT(rules_attach(&netlink, &arena, networks, &cache, &err), 0);
	CHECK_INT(rules_attach(&netlink, &arena, networks, &db, &err), -1);
	CHECK_INT(err.errnum, EBUSY);
	CHECK_CONTAINS(err.text, "still leads to another container");
	CHECK_INT(rules_detach(&netlink, &arena, networks, &db, &err), 0);
	CHECK_INT(rules_attach(&netlink, &arena, networks, &cache, &err), 0);
	CHECK_INT(rules_detach(&netlink, &arena, networks, &cache, &err), 0);
	CHECK_INT(rules_attach(&netlink, &arena, networks, &db, &err), 0);
	netlink_close(&netlink);
}
