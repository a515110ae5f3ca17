/* SPDX-License-Identifier: Apache-2.0 */
/* What the options of `run` say of the network, in podman's notation, as "network" of the spec. */
#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "runtime/run_change_parts.h"
#include "specs/network_document.h"

/* Words of --network that mean the network of ctr's own making. */
static bool is_default_network(const char *word)
{
	return !strcmp(word, "bridge") || !strcmp(word, "private") || !strcmp(word, "default");
}

/* Words that name no network, but what is there instead of one. */
static bool is_other_mode(const char *word)
{
	static const char modes[][11] = { "container:", "ns:", "pasta:" };

	for (size_t i = 0; i < ARRAY_SIZE(modes); i++)
		if (!strncmp(word, modes[i], strlen(modes[i])))
			return true;
	return !strcmp(word, "none") || !strcmp(word, "host") || !strcmp(word, "pasta");
}

static struct spec_network_endpoint *add_endpoint(struct arena *arena, const char *name,
						  struct spec_network *network)
{
	const size_t count = network->networks.count;
	struct spec_network_endpoint *items =
		arena_array(arena, struct spec_network_endpoint, count + 1);

	if (count)
		memcpy(items, network->networks.items, count * sizeof(*items));
	network->networks.items = items;
	network->networks.count = count + 1;
	items[count].name =
		arena_strdup(arena, is_default_network(name) ? NETWORK_DEFAULT_NAME : name);
	return &items[count];
}

/* The place of a WORD=VALUE behind a network's name; NULL: there is no such word. */
static char **find_word(struct spec_network_endpoint *endpoint, const char *word)
{
	const struct {
		char word[16];
		char **place;
	} words[] = {
		{ "ip", &endpoint->ipv4 },	   { "ip6", &endpoint->ipv6 },
		{ "mac", &endpoint->mac },	   { "interface_name", &endpoint->interface },
		{ "rate_in", &endpoint->rate_in }, { "rate_out", &endpoint->rate_out },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (!strcmp(words[i].word, word))
			return words[i].place;
	return NULL;
}

static int read_word(struct arena *arena, char *text, struct spec_network_endpoint *endpoint,
		     struct error *err)
{
	char *value = strchr(text, '='), **place;

	if (!value || !value[1])
		return fail(err, EINVAL, "WORD=VALUE expected, not '%s'", text);
	*value++ = '\0';
	if (!strcmp(text, "alias")) {
		run_append(arena, &endpoint->aliases, value);
		return 0;
	}
	place = find_word(endpoint, text);
	if (!place)
		return fail(err, EINVAL,
			    "unknown word '%s': ip, ip6, mac, alias, interface_name, rate_in or "
			    "rate_out",
			    text);
	*place = value;
	return 0;
}

/* NETWORK:WORD=VALUE,... or NETWORK,NETWORK... */
static int read_networks(struct arena *arena, const char *text, struct spec_network *network,
			 struct error *err)
{
	char *rest = arena_strdup(arena, text), *words = strchr(rest, ':'), *word;
	struct spec_network_endpoint *endpoint;

	if (!words) {
		while ((word = strsep(&rest, ",")))
			if (is_other_mode(word))
				return fail(err, EINVAL, "'%s' is no network beside others", word);
			else
				add_endpoint(arena, word, network);
		return 0;
	}
	*words++ = '\0';
	endpoint = add_endpoint(arena, rest, network);
	while ((word = strsep(&words, ",")))
		if (read_word(arena, word, endpoint, err) < 0)
			return -1;
	return 0;
}

/* What is said of other modes, or of networks that the spec names, is not meant any more. */
static void forget_networks(struct spec_network *network)
{
	const struct spec_network names = {
		.ports = network->ports,
		.dns = network->dns,
		.dns_search = network->dns_search,
		.dns_options = network->dns_options,
		.hosts = network->hosts,
		.no_hosts = network->no_hosts,
	};

	*network = names;
}

static int choose_mode(struct arena *arena, const struct string_list *words,
		       struct spec_network *network, struct error *err)
{
	if (!words->count)
		return 0;
	forget_networks(network);
	if (words->count == 1 && is_other_mode(words->items[0])) {
		network->mode = arena_strdup(arena, words->items[0]);
		return 0;
	}
	network->mode = arena_strdup(arena, "bridge");
	if (words->count == 1 && is_default_network(words->items[0]))
		return 0;
	for (size_t i = 0; i < words->count; i++) {
		if (is_other_mode(words->items[i]))
			return fail(err, EINVAL, "'%s' excludes any other", words->items[i]);
		if (read_networks(arena, words->items[i], network, err) < 0)
			return -1;
	}
	return 0;
}

/* --ip, --ip6, --mac-address: of the only network. */
static int set_only(struct arena *arena, const char *option, const char *text, char **place,
		    const struct spec_network *network, struct error *err)
{
	if (!text)
		return 0;
	if (network->networks.count > 1)
		return fail(err, EINVAL,
			    "option '--%s': there is more than one network: write "
			    "--network NETWORK:ip=...,ip6=...,mac=...",
			    option);
	*place = arena_strdup(arena, text);
	return 0;
}

static int set_addresses(struct arena *arena, const struct network_changes *changes,
			 struct spec_network *network, struct error *err)
{
	struct spec_network_endpoint *only = network->networks.items;
	const bool named = network->networks.count > 0;

	if (set_only(arena, "ip", changes->ipv4, named ? &only->ipv4 : &network->ipv4, network,
		     err) < 0 ||
	    set_only(arena, "ip6", changes->ipv6, named ? &only->ipv6 : &network->ipv6, network,
		     err) < 0 ||
	    set_only(arena, "mac-address", changes->mac, named ? &only->mac : &network->mac,
		     network, err) < 0)
		return -1;
	if (!changes->aliases.count)
		return 0;
	if (!named)
		network->aliases = string_list_join(arena, &network->aliases, &changes->aliases);
	for (size_t i = 0; i < network->networks.count; i++)
		only[i].aliases = string_list_join(arena, &only[i].aliases, &changes->aliases);
	return 0;
}

static int add_ports(struct arena *arena, const struct network_changes *changes,
		     const struct string_list *exposed, struct spec_network *network,
		     struct error *err)
{
	struct published_port ignored;

	for (size_t i = 0; i < changes->ports.count; i++)
		if (port_parse(changes->ports.items[i], &ignored, err) < 0)
			return fail_in(err, "option '--publish'");
	network->ports = string_list_join(arena, &network->ports, &changes->ports);
	if (changes->publish_all)
		network->ports = string_list_join(arena, &network->ports, exposed);
	return 0;
}

/* All modes but the host's are of a namespace that the spec may not have asked for. */
static void add_namespace(struct arena *arena, struct spec *spec)
{
	const size_t count = spec->linux->namespaces.count;
	struct spec_namespace *items;
	const char *ignored;

	if (spec_network_mode(spec, &ignored) == NETWORK_MODE_HOST)
		return;
	for (size_t i = 0; i < count; i++)
		if (spec->linux->namespaces.items[i].type == NAMESPACE_NETWORK)
			return;
	items = arena_array(arena, struct spec_namespace, count + 1);
	if (count)
		memcpy(items, spec->linux->namespaces.items, count * sizeof(*items));
	items[count].type = NAMESPACE_NETWORK;
	spec->linux->namespaces.items = items;
	spec->linux->namespaces.count = count + 1;
}

bool run_network_is_none(const struct network_changes *changes)
{
	const struct string_list *const lists[] = {
		&changes->networks,   &changes->ports,	     &changes->aliases, &changes->dns,
		&changes->dns_search, &changes->dns_options, &changes->hosts,
	};

	for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
		if (lists[i]->count)
			return false;
	return !changes->ipv4 && !changes->ipv6 && !changes->mac && !changes->publish_all &&
	       !changes->no_hosts;
}

int run_change_network(struct arena *arena, const struct network_changes *changes,
		       const struct string_list *exposed, struct spec *spec, struct error *err)
{
	struct spec_network *network;

	if (run_network_is_none(changes))
		return 0;
	network = spec->network ?: arena_new(arena, struct spec_network);
	if (choose_mode(arena, &changes->networks, network, err) < 0)
		return fail_in(err, "option '--network'");
	if (set_addresses(arena, changes, network, err) < 0 ||
	    add_ports(arena, changes, exposed, network, err) < 0)
		return -1;
	/* who names a server, a domain or an option wants no other */
	if (changes->dns.count)
		network->dns = changes->dns;
	if (changes->dns_search.count)
		network->dns_search = changes->dns_search;
	if (changes->dns_options.count)
		network->dns_options = changes->dns_options;
	network->hosts = string_list_join(arena, &changes->hosts, &network->hosts);
	network->no_hosts = network->no_hosts || changes->no_hosts;
	spec->network = network;
	add_namespace(arena, spec);
	return 0;
}
