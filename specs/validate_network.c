/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of "network" (specs/schema/network.schema.json). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/macro.h"
#include "specs/address.h"
#include "specs/bit_rate.h"
#include "specs/host_name.h"
#include "specs/network_document.h"
#include "specs/port.h"
#include "specs/validate.h"

/* Each is compared with all others. */
#define MAX_PORTS 1024
#define MAX_NETWORKS 256

/* What the members of one network are called by in messages: "network" or "network.networks[2]". */
struct place {
	const struct validation *validation;
	const char *path;
	char text[48];
};

static int refuse_member(const struct place *place, const char *member, const struct error *why)
{
	return refuse(place->validation, "%s.%s: %s", place->path, member, why->text);
}

static int check_address(const struct place *place, const char *member, int family,
			 const char *text)
{
	struct ip_address address;
	struct error why;

	if (!text)
		return 0;
	if (ip_address_parse(text, &address, &why) < 0)
		return refuse_member(place, member, &why);
	if (address.family != family)
		return refuse(place->validation, "%s.%s: '%s' is no %s address", place->path,
			      member, text, family == AF_INET ? "IPv4" : "IPv6");
	if (ip_address_is_any(&address) || ip_address_is_loopback(&address) ||
	    ip_address_is_multicast(&address))
		return refuse(place->validation, "%s.%s: '%s' is no address for one interface",
			      place->path, member, text);
	return 0;
}

static int check_mac(const struct place *place, const char *text)
{
	struct mac_address mac;
	struct error why;

	return text && mac_address_parse(text, &mac, &why) < 0 ? refuse_member(place, "mac", &why)
							       : 0;
}

static int check_rate(const struct place *place, const char *member, const char *text)
{
	uint64_t rate;

	if (!text || bit_rate_parse(text, &rate) == 0)
		return 0;
	if (errno == ERANGE)
		return refuse(place->validation, "%s.%s: '%s': %d bits a second is the least",
			      place->path, member, text, BIT_RATE_LEAST);
	return refuse(place->validation,
		      "%s.%s: '%s' is no rate: bits a second, as 500k, 10mbit or 1gbit",
		      place->path, member, text);
}

static int check_aliases(const struct place *place, const struct string_list *aliases)
{
	for (size_t i = 0; i < aliases->count; i++)
		if (!host_name_is_fit(aliases->items[i]))
			return refuse(place->validation,
				      "%s.aliases[%zu]: '%s' is no name of a host", place->path, i,
				      aliases->items[i]);
	return 0;
}

static int check_interface(const struct place *place, const char *member, const char *name)
{
	struct error why;

	if (!name)
		return 0;
	if (network_interface_check(name, &why) < 0)
		return refuse_member(place, member, &why);
	if (!strcmp(name, "lo"))
		return refuse(place->validation, "%s.%s: 'lo' is the loopback interface",
			      place->path, member);
	return 0;
}

static int check_endpoint(const struct place *place, const struct spec_network_endpoint *endpoint)
{
	if (check_address(place, "ipv4", AF_INET, endpoint->ipv4) < 0 ||
	    check_address(place, "ipv6", AF_INET6, endpoint->ipv6) < 0 ||
	    check_mac(place, endpoint->mac) < 0 ||
	    check_interface(place, "interface", endpoint->interface) < 0 ||
	    check_rate(place, "rateIn", endpoint->rate_in) < 0 ||
	    check_rate(place, "rateOut", endpoint->rate_out) < 0)
		return -1;
	return check_aliases(place, &endpoint->aliases);
}

static bool is_twice(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static int check_endpoints(const struct validation *validation)
{
	const struct spec_network *network = validation->spec->network;
	struct place place = { .validation = validation, .path = place.text };
	struct error why;

	if (network->networks.count > MAX_NETWORKS)
		return refuse(validation, "network.networks: more than %d", MAX_NETWORKS);
	for (size_t i = 0; i < network->networks.count; i++) {
		const struct spec_network_endpoint *endpoint = &network->networks.items[i];

		snprintf(place.text, sizeof(place.text), "network.networks[%zu]", i);
		if (network_name_check(endpoint->name, &why) < 0)
			return refuse_member(&place, "name", &why);
		if (check_endpoint(&place, endpoint) < 0)
			return -1;
		for (size_t j = 0; j < i; j++) {
			const struct spec_network_endpoint *other = &network->networks.items[j];

			if (is_twice(endpoint->name, other->name))
				return refuse(validation, "%s.name: '%s' is there twice",
					      place.path, endpoint->name);
			if (is_twice(endpoint->mac, other->mac))
				return refuse(validation, "%s.mac: '%s' is there twice", place.path,
					      endpoint->mac);
			if (is_twice(endpoint->interface, other->interface))
				return refuse(validation, "%s.interface: '%s' is there twice",
					      place.path, endpoint->interface);
		}
	}
	return 0;
}

static int check_subnet(const struct place *place, const char *member, int family, const char *text,
			const char *address_text)
{
	struct ip_prefix subnet;
	struct ip_address address;
	struct error why;

	if (!text)
		return 0;
	if (ip_prefix_parse(text, &subnet, &why) < 0)
		return refuse_member(place, member, &why);
	if (subnet.address.family != family)
		return refuse(place->validation, "%s.%s: '%s' is no %s network", place->path,
			      member, text, family == AF_INET ? "IPv4" : "IPv6");
	if (address_text && ip_address_parse(address_text, &address, &why) == 0 &&
	    !ip_prefix_contains(&subnet, &address))
		return refuse(place->validation, "%s.%s: %s is not in it", place->path, member,
			      address_text);
	return 0;
}

/* What is said beside "networks" is of the only one. */
static int check_only(const struct validation *validation)
{
	const struct spec_network *network = validation->spec->network;
	const struct place place = { .validation = validation, .path = "network" };
	const struct spec_network_endpoint only = spec_network_only(network);
	const struct {
		const char *member;
		bool given, made;
	} members[] = {
		{ "bridge", network->bridge, true },
		{ "subnet", network->subnet, true },
		{ "subnet6", network->subnet6, true },
		{ "mtu", network->mtu.set, true },
		{ "ipv4", network->ipv4 },
		{ "ipv6", network->ipv6 },
		{ "mac", network->mac },
		{ "rateIn", network->rate_in },
		{ "rateOut", network->rate_out },
		{ "aliases", network->aliases.count },
	};
	struct error why;

	for (size_t i = 0; network->networks.count && i < ARRAY_SIZE(members); i++)
		if (members[i].given)
			return refuse(validation,
				      members[i].made ? "network.%s: beside networks: they are as "
							"'network create' has made them"
						      : "network.%s: beside networks: say it there",
				      members[i].member);
	/* the network that is made is called by it */
	if (network->bridge && network_name_check(network->bridge, &why) < 0)
		return refuse_member(&place, "bridge", &why);
	if (check_endpoint(&place, &only) < 0 ||
	    check_interface(&place, "bridge", network->bridge) < 0)
		return -1;
	if (check_subnet(&place, "subnet", AF_INET, network->subnet, network->ipv4) < 0)
		return -1;
	return check_subnet(&place, "subnet6", AF_INET6, network->subnet6, network->ipv6);
}

static bool clash(const struct published_port *a, const struct published_port *b)
{
	if (a->protocol != b->protocol || !a->host_port || !b->host_port || a->choices > 1 ||
	    b->choices > 1)
		return false;
	if (a->host_address.family && b->host_address.family &&
	    !ip_address_equal(&a->host_address, &b->host_address))
		return false;
	return a->host_port < b->host_port + b->count && b->host_port < a->host_port + a->count;
}

static int check_ports(const struct validation *validation)
{
	const struct string_list *words = &validation->spec->network->ports;
	struct published_port ports[MAX_PORTS];
	struct error why;

	if (words->count > MAX_PORTS)
		return refuse(validation, "network.ports: more than %d: write them as ranges",
			      MAX_PORTS);
	for (size_t i = 0; i < words->count; i++) {
		if (port_parse(words->items[i], &ports[i], &why) < 0)
			return refuse(validation, "network.ports[%zu]: %s", i, why.text);
		for (size_t j = 0; j < i; j++)
			if (clash(&ports[i], &ports[j]))
				return refuse(validation,
					      "network.ports[%zu]: '%s': the host's port is taken "
					      "by '%s' already",
					      i, words->items[i], words->items[j]);
	}
	return 0;
}

/* With any other mode what only a network of ours does would be passed over in silence. */
static int check_strays(const struct validation *validation, enum network_mode mode)
{
	const struct spec_network *network = validation->spec->network;
	const bool names = mode != NETWORK_MODE_CONTAINER;
	const struct {
		const char *member;
		bool given;
	} members[] = {
		{ "bridge", network->bridge },
		{ "subnet", network->subnet },
		{ "subnet6", network->subnet6 },
		{ "ipv4", network->ipv4 },
		{ "ipv6", network->ipv6 },
		{ "mac", network->mac },
		{ "mtu", network->mtu.set },
		{ "rateIn", network->rate_in },
		{ "rateOut", network->rate_out },
		{ "aliases", network->aliases.count },
		{ "networks", network->networks.count },
		{ "ports", network->ports.count && mode != NETWORK_MODE_PASTA },
		{ "dns", network->dns.count && !names },
		{ "dnsSearch", network->dns_search.count && !names },
		{ "dnsOptions", network->dns_options.count && !names },
		{ "hosts", network->hosts.count && !names },
		{ "noHosts", network->no_hosts && !names },
	};

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (members[i].given)
			return refuse(validation, "network.%s: not with network.mode '%s'",
				      members[i].member, network->mode);
	return 0;
}

static int check_namespace(const struct validation *validation, enum network_mode mode)
{
	const struct spec_namespace *entry = find_namespace(validation->spec, NAMESPACE_NETWORK);
	const char *word = validation->spec->network->mode
				   ?: (mode == NETWORK_MODE_NONE ? "none" : "bridge");

	if (mode == NETWORK_MODE_HOST)
		return 0;
	if (mode == NETWORK_MODE_CONTAINER || mode == NETWORK_MODE_PATH) {
		if (entry && entry->path)
			return refuse(validation,
				      "network.mode: '%s', but linux.namespaces joins %s", word,
				      entry->path);
		return 0;
	}
	if (!entry)
		return refuse(validation,
			      "network.mode: '%s' needs a namespace of type 'network' in "
			      "linux.namespaces",
			      word);
	if (entry->path && mode != NETWORK_MODE_NONE)
		return refuse(validation,
			      "network.mode: '%s' needs a new namespace: linux.namespaces joins %s",
			      word, entry->path);
	return 0;
}

int validate_network(const struct validation *validation)
{
	const char *rest;
	enum network_mode mode = spec_network_mode(validation->spec, &rest);

	if (!validation->spec->network)
		return 0;
	if (mode == NETWORK_MODE_UNKNOWN)
		return refuse(validation,
			      "network.mode: unknown mode '%s': none, host, bridge, container:ID, "
			      "ns:PATH or pasta; networks are named in network.networks",
			      validation->spec->network->mode);
	if (mode == NETWORK_MODE_CONTAINER && !*rest)
		return refuse(validation, "network.mode: 'container:' needs a container behind it");
	if (mode == NETWORK_MODE_PATH && *rest != '/')
		return refuse(validation, "network.mode: 'ns:' needs an absolute path behind it");
	if (check_namespace(validation, mode) < 0)
		return -1;
	if (mode != NETWORK_MODE_MEMBER && check_strays(validation, mode) < 0)
		return -1;
	if (check_only(validation) < 0 || check_endpoints(validation) < 0 ||
	    check_ports(validation) < 0)
		return -1;
	return validate_network_names(validation);
}
