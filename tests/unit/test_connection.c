/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "runtime/connection.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

/* A spec with these members, single quotes for double ones. */
static struct spec *decode(const char *members)
{
	char *text = arena_printf(&arena, "{'ociVersion': '1.3.0', 'hostname': 'h', %s}", members);
	struct spec *spec = arena_new(&arena, struct spec);

	for (char *c = text; *c; c++)
		*c = *c == '\'' ? '"' : *c;
	if (spec_decode(&arena, "spec.json", text, strlen(text), spec, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s: %s", members, err.text);
	return spec;
}

static const struct connection_plan *plan(const struct spec *spec)
{
	struct connection_plan *result = NULL;

	CHECK_INT(connection_plan(&arena, spec, "web", "/run/ctr/web", &result, &err), 0);
	return result;
}

/* What is asked of ctr-net, and what explain says of it. */
TEST(connection_is_what_the_spec_says)
{
	static const char *const networks[] = {
		"'mode': 'bridge'",
		"'mode': 'bridge', 'bridge': 'ctr0', 'subnet': '10.1.0.0/16', 'mtu': 1400",
		"'bridge': 'br7', 'subnet6': 'fd00::/64', 'ipv4': '10.89.0.9', 'aliases': ['a']",
		"'mac': '02:00:00:00:00:01', 'rateIn': '10mbit', 'rateOut': '1.5g'",
		"'networks': [{'name': 'back', 'ipv4': '10.0.0.2', 'ipv6': 'fd00::2', 'mac': "
		"'02-00-00-00-00-02', 'interface': 'db0', 'aliases': ['db', 'sql'], 'rateIn': "
		"'8k'}, {'name': 'ctr'}]",
		"'ports': ['80', '127.0.0.1:8080:80', '[::1]:53:53/udp', "
		"'1000-1002:2000-2002/sctp'], "
		"'dns': ['9.9.9.9'], 'dnsSearch': ['a.b'], 'dnsOptions': ['ndots:1'], 'hosts': "
		"['x:10.0.0.1']",
		"'mode': 'bridge', 'noHosts': true, 'dns': ['none']",
		"'mode': 'container:db'",
	};
	char *golden = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&golden, &size);

	for (size_t i = 0; i < ARRAY_SIZE(networks); i++) {
		const struct connection_plan *made =
			plan(decode(arena_printf(&arena, "'network': {%s}", networks[i])));

		fprintf(stream, "%s\n", networks[i]);
		connection_print(stream, made);
		if (made->request)
			fprintf(stream, "%s\n",
				network_request_encode(&arena, made->request, NULL));
	}
	fclose(stream);
	CHECK_GOLDEN(golden, "connection.txt");
	free(golden);
	arena_free(&arena);
}

TEST(no_network_and_the_hosts_are_no_plan_at_all)
{
	CHECK(!plan(decode("'domainname': 'd'")));
	CHECK(!plan(decode("'network': {}")));
	CHECK(!plan(decode("'network': {'mode': 'none'}")));
	CHECK(!plan(decode("'network': {'mode': 'host'}")));
	CHECK(!connection_is_attached(decode("'network': {'mode': 'container:x'}")));
	CHECK(connection_is_attached(decode("'network': {'ports': ['80']}")));
	arena_free(&arena);
}

/* The mounts of a spec that was entered, and the namespace, as words. */
static const char *entered(const char *members, const char *netns)
{
	struct spec *spec = decode(members);
	const struct connection_plan *made = plan(spec);
	const char *text;

	connection_enter(&arena, made, netns, "/run/ctr/web", spec);
	text = spec->linux->namespaces.items[0].path ?: "new";
	for (size_t i = 0; i < spec->mounts.count; i++)
		text = arena_printf(&arena, "%s %s=%s", text, spec->mounts.items[i].destination,
				    spec->mounts.items[i].source ?: "");
	return text;
}

#define LINUX "'linux': {'namespaces': [{'type': 'network'}]}, 'network': "
#define HOSTS " /etc/hosts=/run/ctr/web/network/hosts"
#define RESOLV_CONF " /etc/resolv.conf=/run/ctr/web/network/resolv.conf"
#define HOSTNAME " /etc/hostname=/run/ctr/web/network/hostname"

TEST(files_are_mounted_where_nothing_else_is)
{
	CHECK_STRING(entered(LINUX "{'mode': 'bridge'}", NULL), "new" HOSTS RESOLV_CONF HOSTNAME);
	CHECK_STRING(entered(LINUX "{'mode': 'bridge', 'noHosts': true, 'dns': ['none']}", NULL),
		     "new" HOSTNAME);
	CHECK_STRING(entered("'mounts': [{'destination': '/etc//hosts', 'source': '/mine'}], " LINUX
			     "{'mode': 'bridge'}",
			     NULL),
		     "new /etc//hosts=/mine" RESOLV_CONF HOSTNAME);
	CHECK_STRING(entered("'mounts': [{'destination': '/etc', 'source': '/all'}], " LINUX
			     "{'mode': 'bridge'}",
			     NULL),
		     "new /etc=/all");
	CHECK_STRING(entered(LINUX "{'mode': 'none', 'dns': ['9.9.9.9']}", NULL),
		     "new" RESOLV_CONF);
	CHECK_STRING(entered(LINUX "{'mode': 'host', 'hosts': ['a:10.0.0.1']}", NULL), "new" HOSTS);
	arena_free(&arena);
}

TEST(a_namespace_that_is_joined_has_a_path)
{
	CHECK_STRING(entered(LINUX "{'mode': 'ns:/run/netns/a', 'noHosts': true, 'dns': ['none']}",
			     NULL),
		     "/run/netns/a" HOSTNAME);
	CHECK_STRING(entered(LINUX "{'mode': 'container:db'}", "/proc/self/fd/9"),
		     "/proc/self/fd/9" HOSTS RESOLV_CONF HOSTNAME);
	/* also where the spec has no such namespace */
	CHECK_STRING(entered("'network': {'mode': 'container:db'}", "/proc/self/fd/9"),
		     "/proc/self/fd/9" HOSTS RESOLV_CONF HOSTNAME);
	arena_free(&arena);
}

/* Whoever listens on port 80 takes it from nobody; behind it is what the spec says itself. */
TEST(low_ports_and_pings_are_anybodys_in_a_network_of_its_own)
{
	static const char with_user[] =
		"'linux': {'namespaces': [{'type': 'network'}, {'type': 'user'}], 'gidMappings': "
		"[{'containerID': 0, 'hostID': 1000, 'size': 10}], 'sysctl': "
		"{'net.ipv4.ip_unprivileged_port_start': '7'}}, 'network': {'mode': 'bridge'}";
	struct spec *spec = decode(with_user);

	connection_enter(&arena, plan(spec), NULL, "/run", spec);
	CHECK_INT(spec->linux->sysctl.count, 3);
	CHECK_STRING(spec->linux->sysctl.items[0].value, "0");
	CHECK_STRING(spec->linux->sysctl.items[1].key, "net.ipv4.ping_group_range");
	CHECK_STRING(spec->linux->sysctl.items[1].value, "0 9");
	CHECK_STRING(spec->linux->sysctl.items[2].value, "7");
	spec = decode(LINUX "{'mode': 'none', 'hosts': ['a:10.0.0.1']}");
	connection_enter(&arena, plan(spec), NULL, "/run", spec);
	CHECK_INT(spec->linux->sysctl.count, 0);
	arena_free(&arena);
}
