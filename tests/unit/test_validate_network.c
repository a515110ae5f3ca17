/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macro.h"
#include "specs/bit_rate.h"
#include "specs/runtime_spec.h"
#include "tests/unit/unit.h"

/* "network" with these members, single quotes for double ones, in a spec that is complete. */
static int validate(struct arena *arena, const char *namespace, const char *members,
		    struct error *err)
{
	char *text = arena_printf(arena,
				  "{'ociVersion': '1.3.0', 'root': {'path': '/'}, 'process': "
				  "{'cwd': '/', 'args': ['a']}, 'linux': {'namespaces': [%s]}, "
				  "'network': {%s}}",
				  namespace, members);
	struct spec spec;

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	if (spec_decode(arena, "spec.json", text, strlen(text), &spec, err) < 0)
		return -1;
	return spec_validate("spec.json", &spec, err);
}

#define NEW "{'type': 'network'}"
#define JOINED "{'type': 'network', 'path': '/run/netns/a'}"

TEST(network_refuses_what_makes_no_sense)
{
	static const char *const members[] = {
		"'mode': ''",
		"'mode': 'bride'",
		"'mode': 'hosts'",
		"'mode': 'container'",
		"'mode': 'container:'",
		"'mode': 'ns:'",
		"'mode': 'ns:relative'",
		"'mode': 'host', 'ports': ['80:80']",
		"'mode': 'host', 'mtu': 1500",
		"'mode': 'none', 'networks': [{'name': 'a'}]",
		"'mode': 'none', 'ipv4': '10.0.0.2'",
		"'mode': 'container:a', 'dns': ['1.1.1.1']",
		"'mode': 'container:a', 'noHosts': true",
		"'mode': 'ns:/run/netns/a', 'ports': ['80']",
		"'mode': 'pasta', 'networks': [{'name': 'a'}]",
		"'ipv4': '10.0.0'",
		"'ipv4': 'fd00::1'",
		"'ipv4': '127.0.0.1'",
		"'ipv4': '224.0.0.1'",
		"'ipv4': '0.0.0.0'",
		"'ipv6': '10.0.0.1'",
		"'ipv6': 'fd00::1::'",
		"'mac': '01:00:5e:00:00:01'",
		"'mac': '02:00'",
		"'mtu': 67",
		"'subnet': '10.0.0.0'",
		"'subnet': '10.0.0.0/33'",
		"'subnet': 'fd00::/64'",
		"'subnet': '10.0.0.0/24', 'ipv4': '10.0.1.2'",
		"'subnet6': 'fd00::/64', 'ipv6': 'fd01::2'",
		"'bridge': 'a/b'",
		"'bridge': 'a-name-that-is-too-long'",
		"'bridge': 'bridge'",
		"'aliases': ['a b']",
		"'aliases': ['']",
		"'rateIn': '10'",
		"'rateIn': '10mbps'",
		"'rateOut': 'fast'",
		"'networks': [{'ipv4': '10.0.0.2'}]",
		"'networks': [{'name': ''}]",
		"'networks': [{'name': 'a/b'}]",
		"'networks': [{'name': 'a'}, {'name': 'host'}]",
		"'networks': [{'name': 'a'}, {'name': 'a'}]",
		("'networks': [{'name': 'a', 'mac': '02:00:00:00:00:01'}, {'name': 'b', 'mac': "
		 "'02:00:00:00:00:01'}]"),
		"'networks': [{'name': 'a', 'interface': 'lo'}]",
		"'networks': [{'name': 'a', 'interface': 'e 0'}]",
		"'networks': [{'name': 'a', 'interface': 'e0'}, {'name': 'b', 'interface': 'e0'}]",
		"'networks': [{'name': 'a'}], 'ipv4': '10.0.0.2'",
		"'networks': [{'name': 'a'}], 'subnet': '10.0.0.0/24'",
		"'networks': [{'name': 'a', 'rateIn': '1'}]",
		"'ports': ['x']",
		"'ports': ['0']",
		"'ports': ['80:65536']",
		"'ports': ['80-82:80-81']",
		"'ports': ['80:80/icmp']",
		"'ports': ['8080:80', '8080:81']",
		"'ports': ['8000-8010:80-90', '127.0.0.1:8005:1']",
		"'dns': ['dns.example']",
		"'dns': ['none', '1.1.1.1']",
		"'dnsSearch': ['a b']",
		"'dnsOptions': ['']",
		"'dns': ['none'], 'dnsSearch': ['a']",
		"'dns': ['none'], 'dnsOptions': ['a']",
		"'hosts': ['db']",
		"'hosts': [':10.0.0.1']",
		"'hosts': ['db:']",
		"'hosts': ['db:10.0.0']",
		"'hosts': ['d b:10.0.0.1']",
		"'hosts': ['db:10.0.0.1'], 'noHosts': true",
	};
	char *golden = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&golden, &size);

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct error err = { .text = "accepted" };

		validate(&arena, NEW, members[i], &err);
		fprintf(stream, "%s\n  %s\n", members[i], err.text);
	}
	fclose(stream);
	CHECK_GOLDEN(golden, "spec-network-errors.txt");
	free(golden);
}

TEST(network_needs_the_namespace_that_it_is_made_for)
{
	static const struct {
		const char *namespace, *members, *message;
	} cases[] = {
		{ "", "", "'none' needs a namespace of type 'network'" },
		{ "", "'mode': 'bridge'", "'bridge' needs a namespace of type 'network'" },
		{ "", "'ports': ['80:80']", "'bridge' needs a namespace of type 'network'" },
		{ JOINED, "'mode': 'bridge'", "needs a new namespace: linux.namespaces joins" },
		{ JOINED, "'mode': 'ns:/x'", "but linux.namespaces joins /run/netns/a" },
		{ JOINED, "'mode': 'none'", NULL },
		{ "", "'mode': 'ns:/run/netns/a'", NULL },
		{ NEW, "'mode': 'container:web'", NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct error err = { .text = "accepted" };
		const int result = validate(&arena, cases[i].namespace, cases[i].members, &err);

		if (cases[i].message)
			CHECK_CONTAINS(err.text, cases[i].message);
		else if (result < 0)
			unit_fail(__FILE__, __LINE__, "%s: %s", cases[i].members, err.text);
	}
}

TEST(network_accepts_what_is_meant)
{
	static const char *const members[] = {
		"'mode': 'bridge'",
		"'mode': 'bridge', 'bridge': 'ctr0', 'subnet': '10.89.0.0/24', 'subnet6': "
		"'fd00:89::/64', 'ipv4': '10.89.0.7', 'ipv6': 'fd00:89::7', 'mac': "
		"'02:42:0a:59:00:07', 'mtu': 1400, 'rateIn': '10mbit', 'rateOut': '1.5Gbit'",
		"'ports': ['80', '8080:80', '127.0.0.1:8080:81/udp', '[::1]:90:90/sctp', "
		"'1000-1010:2000-2010']",
		"'ports': ['127.0.0.1:80:80', '127.0.0.2:80:80', '80:80/udp', ':81', '0:82']",
		"'networks': [{'name': 'a', 'ipv4': '10.0.0.2', 'aliases': ['db', 'db.example']}, "
		"{'name': 'b-1.c_d', 'interface': 'net1'}]",
		"'mode': 'none', 'hosts': ['db:10.0.0.1', 'a;b:fd00::1', 'c:[fd00::1]', "
		"'host.containers.internal:host-gateway']",
		"'mode': 'host', 'dns': ['1.1.1.1', 'fd00::1'], 'dnsSearch': ['.'], 'dnsOptions': "
		"['ndots:2']",
		"'dns': ['none']",
		"'mode': 'pasta:-T,none', 'ports': ['8080:80']",
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		cleanup_arena struct arena arena = { 0 };
		struct error err = { 0 };

		if (validate(&arena, NEW, members[i], &err) < 0)
			unit_fail(__FILE__, __LINE__, "%s: %s", members[i], err.text);
	}
}

TEST(rates_are_bits_a_second_in_thousands)
{
	static const struct {
		const char *text;
		uint64_t rate;
		int number;
	} cases[] = {
		{ "8000", 8000, 0 },
		{ "500k", 500000, 0 },
		{ "10mbit", 10000000, 0 },
		{ "10Mbit/s", 10000000, 0 },
		{ "2.5Gbit", 2500000000, 0 },
		{ "1.0625m", 1062500, 0 },
		{ "1t", 1000000000000, 0 },
		{ "7999", 0, ERANGE },
		{ "0", 0, ERANGE },
		{ "18446744073709551616", 0, ERANGE },
		{ "18446744073709551615k", 0, ERANGE },
		{ "", 0, EINVAL },
		{ "k", 0, EINVAL },
		{ "-1m", 0, EINVAL },
		{ " 1m", 0, EINVAL },
		{ "1.m", 0, EINVAL },
		{ "10mbps", 0, EINVAL },
		{ "10mib", 0, EINVAL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t rate = 0;

		errno = 0;
		CHECK_INT(bit_rate_parse(cases[i].text, &rate), cases[i].number ? -1 : 0);
		CHECK_INT(errno, cases[i].number);
		if (!cases[i].number)
			CHECK(rate == cases[i].rate);
	}
}

/* Comparing each with all others would take minutes for a spec of some megabytes. */
TEST(network_of_a_hundred_thousand_ports_is_refused_at_once)
{
	cleanup_arena struct arena arena = { 0 };
	const size_t count = 100000;
	char *members = arena_alloc_array(&arena, count, 9), *end = members;
	struct error err;

	for (size_t i = 0; i < count; i++)
		end += snprintf(end, 9, "%s'%zu'", i ? "," : "", 1 + i % 9999);
	CHECK_INT(validate(&arena, NEW, arena_printf(&arena, "'ports': [%s]", members), &err), -1);
	CHECK_CONTAINS(err.text, "network.ports: more than 1024: write them as ranges");
}
