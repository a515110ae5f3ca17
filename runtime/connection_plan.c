/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/connection.h"

#include <errno.h>
#include <string.h>

#include "base/macro.h"
#include "base/path.h"
#include "specs/bit_rate.h"

const char network_files[NETWORK_FILE_COUNT][12] = { "hosts", "resolv.conf", "hostname" };

/* Addresses and rates have been looked at by spec_validate() already. */
static int read_endpoint(const struct spec_network_endpoint *words,
			 struct network_request_endpoint *endpoint, struct error *err)
{
	if ((words->ipv4 && ip_address_parse(words->ipv4, &endpoint->ipv4, err) < 0) ||
	    (words->ipv6 && ip_address_parse(words->ipv6, &endpoint->ipv6, err) < 0) ||
	    (words->mac && mac_address_parse(words->mac, &endpoint->mac, err) < 0))
		return -1;
	if ((words->rate_in && bit_rate_parse(words->rate_in, &endpoint->rate_in) < 0) ||
	    (words->rate_out && bit_rate_parse(words->rate_out, &endpoint->rate_out) < 0))
		return fail_errno(err, "rate");
	endpoint->network = words->name;
	endpoint->interface = words->interface;
	endpoint->aliases = words->aliases;
	return 0;
}

/* The default network, and one that the spec describes, is made when it is first asked for. */
static int read_on_demand(struct arena *arena, const struct spec_network *network,
			  struct network_request_endpoint *endpoint, struct error *err)
{
	struct network_on_demand *on_demand;

	if (network->networks.count && strcmp(endpoint->network, NETWORK_DEFAULT_NAME) != 0)
		return 0;
	on_demand = arena_new(arena, struct network_on_demand);
	if ((network->subnet && ip_prefix_parse(network->subnet, &on_demand->subnet, err) < 0) ||
	    (network->subnet6 && ip_prefix_parse(network->subnet6, &on_demand->subnet6, err) < 0))
		return -1;
	on_demand->interface = network->bridge;
	on_demand->mtu = (uint32_t)network->mtu.value;
	endpoint->on_demand = on_demand;
	return 0;
}

static char *only_name(struct arena *arena, const struct spec_network *network)
{
	if (network->bridge && strcmp(network->bridge, NETWORK_DEFAULT_INTERFACE) != 0)
		return network->bridge;
	return arena_strdup(arena, NETWORK_DEFAULT_NAME);
}

static int read_endpoints(struct arena *arena, const struct spec_network *network,
			  struct network_request *request, struct error *err)
{
	struct spec_network_endpoint only = spec_network_only(network);
	const size_t count = network->networks.count ?: 1;
	const struct spec_network_endpoint *words =
		network->networks.count ? network->networks.items : &only;

	only.name = only_name(arena, network);
	request->endpoints.items = arena_array(arena, struct network_request_endpoint, count);
	request->endpoints.count = count;
	for (size_t i = 0; i < count; i++) {
		struct network_request_endpoint *endpoint = &request->endpoints.items[i];

		if (read_endpoint(&words[i], endpoint, err) < 0 ||
		    read_on_demand(arena, network, endpoint, err) < 0)
			return fail_in(err, "network %s", words[i].name);
	}
	return 0;
}

static int read_ports(struct arena *arena, const struct string_list *words,
		      struct published_port **ports, size_t *count, struct error *err)
{
	*ports = arena_array(arena, struct published_port, words->count + 1);
	*count = words->count;
	for (size_t i = 0; i < words->count; i++)
		if (port_parse(words->items[i], &(*ports)[i], err) < 0)
			return fail_in(err, "network.ports[%zu]", i);
	return 0;
}

static char *file_path(struct arena *arena, const struct connection_plan *plan, const char *folder,
		       enum network_file file)
{
	return plan->files[file] ? arena_printf(arena, "%s/" NETWORK_FOLDER "/%s", folder,
						network_files[file])
				 : NULL;
}

static int plan_request(struct arena *arena, const struct spec *spec, const char *id,
			const char *folder, struct connection_plan *plan, struct error *err)
{
	const struct spec_network *network = spec->network;
	struct network_request *request = arena_new(arena, struct network_request);

	*request = (struct network_request){
		.id = arena_strdup(arena, id),
		.hostname = spec->hostname,
		.hosts_file = file_path(arena, plan, folder, NETWORK_HOSTS),
		.add_hosts = network->hosts,
		.resolv_file = file_path(arena, plan, folder, NETWORK_RESOLV_CONF),
		.dns = network->dns,
		.dns_search = network->dns_search,
		.dns_options = network->dns_options,
	};
	plan->request = request;
	if (read_endpoints(arena, network, request, err) < 0)
		return -1;
	return read_ports(arena, &network->ports, &request->ports.items, &request->ports.count,
			  err);
}

static int plan_pasta(struct arena *arena, const char *options, struct connection_plan *plan,
		      struct error *err)
{
	struct published_ports ports;

	plan->pasta = arena_new(arena, struct pasta_plan);
	if (read_ports(arena, &plan->spec->ports, &ports.items, &ports.count, err) < 0)
		return -1;
	return pasta_plan(arena, options, &ports, plan->pasta, err);
}

/* Somebody else's file there, or everything in /etc. */
static bool is_mounted(struct arena *arena, const struct spec *spec, const char *file)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const char *path = path_clean(arena, spec->mounts.items[i].destination);
		const char *rest = path_behind(path, "/etc");

		if (rest && (!*rest || !strcmp(rest + 1, file)))
			return true;
	}
	return false;
}

/* Names of hosts are asked for where there is a network, or where the spec says something of them. */
static void plan_files(struct arena *arena, const struct spec *spec, struct connection_plan *plan)
{
	const struct spec_network *network = plan->spec;
	const bool outside = plan->mode == NETWORK_MODE_MEMBER ||
			     plan->mode == NETWORK_MODE_PASTA || plan->mode == NETWORK_MODE_PATH;
	const bool none = network->dns.count == 1 && !strcmp(network->dns.items[0], "none");
	const bool servers = network->dns.count || network->dns_search.count ||
			     network->dns_options.count;

	plan->files[NETWORK_HOSTS] = !network->no_hosts && (outside || network->hosts.count);
	plan->files[NETWORK_RESOLV_CONF] = !none && (outside || servers);
	plan->files[NETWORK_HOSTNAME] = outside && spec->hostname;
	for (int i = 0; i < NETWORK_FILE_COUNT; i++)
		plan->files[i] = plan->files[i] && !is_mounted(arena, spec, network_files[i]);
}

static uint32_t last_group(const struct spec_linux *spec)
{
	for (size_t i = 0; spec && i < spec->gid_mappings.count; i++)
		if (spec->gid_mappings.items[i].container_id == 0 &&
		    spec->gid_mappings.items[i].size)
			return spec->gid_mappings.items[i].size - 1;
	return INT32_MAX;
}

static bool needs_nothing(const struct connection_plan *plan)
{
	if (plan->mode != NETWORK_MODE_NONE && plan->mode != NETWORK_MODE_HOST)
		return false;
	for (int i = 0; i < NETWORK_FILE_COUNT; i++)
		if (plan->files[i])
			return false;
	return true;
}

int connection_plan(struct arena *arena, const struct spec *spec, const char *id,
		    const char *folder, struct connection_plan **result, struct error *err)
{
	struct connection_plan *plan;
	const char *rest;

	*result = NULL;
	if (!spec->network)
		return 0;
	plan = arena_new(arena, struct connection_plan);
	plan->mode = spec_network_mode(spec, &rest);
	plan->spec = spec->network;
	plan->hostname = spec->hostname;
	plan->last_group = last_group(spec->linux);
	plan->other = plan->mode == NETWORK_MODE_CONTAINER ? rest : NULL;
	if (plan->other)
		for (int i = 0; i < NETWORK_FILE_COUNT; i++)
			plan->files[i] = !is_mounted(arena, spec, network_files[i]);
	else
		plan_files(arena, spec, plan);
	if (needs_nothing(plan))
		return 0;
	if (plan->mode == NETWORK_MODE_MEMBER &&
	    plan_request(arena, spec, id, folder, plan, err) < 0)
		return -1;
	if (plan->mode == NETWORK_MODE_PASTA && plan_pasta(arena, rest, plan, err) < 0)
		return fail_in(err, "network.mode");
	*result = plan;
	return 0;
}

bool connection_is_attached(const struct spec *spec)
{
	const char *ignored;

	return spec_network_mode(spec, &ignored) == NETWORK_MODE_MEMBER;
}

bool connection_has_pasta(const struct spec *spec)
{
	const char *ignored;

	return spec_network_mode(spec, &ignored) == NETWORK_MODE_PASTA;
}

static void join_namespace(struct arena *arena, char *path, struct spec *spec)
{
	const size_t count = spec->linux->namespaces.count;
	struct spec_namespace *items = arena_array(arena, struct spec_namespace, count + 1);
	size_t place = 0;

	if (count)
		memcpy(items, spec->linux->namespaces.items, count * sizeof(*items));
	while (place < count && items[place].type != NAMESPACE_NETWORK)
		place++;
	items[place] = (struct spec_namespace){ .type = NAMESPACE_NETWORK, .path = path };
	spec->linux->namespaces.items = items;
	spec->linux->namespaces.count = place < count ? count : count + 1;
}

static void mount_files(struct arena *arena, const struct connection_plan *plan, const char *folder,
			struct spec *spec)
{
	static const char words[][8] = { "bind", "private", "nosuid", "nodev", "noexec" };
	struct string_list options = { .items = arena_array(arena, char *, ARRAY_SIZE(words) + 1) };
	struct spec_mount *mounts =
		arena_array(arena, struct spec_mount, spec->mounts.count + NETWORK_FILE_COUNT);

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		options.items[options.count++] = arena_strdup(arena, words[i]);
	if (spec->mounts.count)
		memcpy(mounts, spec->mounts.items, spec->mounts.count * sizeof(*mounts));
	for (int i = 0; i < NETWORK_FILE_COUNT; i++)
		if (plan->files[i])
			mounts[spec->mounts.count++] = (struct spec_mount){
				.destination = path_join(arena, "/etc", network_files[i]),
				.source = arena_printf(arena, "%s/" NETWORK_FOLDER "/%s", folder,
						       network_files[i]),
				.options = options,
			};
	spec->mounts.items = mounts;
}

/*
 * In a network of its own anybody may listen on port 80 and ping, as docker has it: these are
 * nobody else's ports. What the spec says comes behind it, and counts.
 */
static void add_parameters(struct arena *arena, uint32_t last_group, struct spec_linux *spec)
{
	const struct string_pair parameters[] = {
		{ arena_strdup(arena, "net.ipv4.ip_unprivileged_port_start"),
		  arena_strdup(arena, "0") },
		{ arena_strdup(arena, "net.ipv4.ping_group_range"),
		  arena_printf(arena, "0 %u", last_group) },
	};
	const size_t count = ARRAY_SIZE(parameters) + spec->sysctl.count;
	struct string_pair *items = arena_array(arena, struct string_pair, count);

	memcpy(items, parameters, sizeof(parameters));
	if (spec->sysctl.count)
		memcpy(items + ARRAY_SIZE(parameters), spec->sysctl.items,
		       spec->sysctl.count * sizeof(*items));
	spec->sysctl.items = items;
	spec->sysctl.count = count;
}

void connection_enter(struct arena *arena, const struct connection_plan *plan, const char *netns,
		      const char *folder, struct spec *spec)
{
	const char *rest;

	if (!spec->linux)
		spec->linux = arena_new(arena, struct spec_linux);
	if (plan->mode == NETWORK_MODE_PATH) {
		spec_network_mode(spec, &rest);
		netns = rest;
	}
	if (netns)
		join_namespace(arena, arena_strdup(arena, netns), spec);
	if (plan->mode == NETWORK_MODE_MEMBER || plan->mode == NETWORK_MODE_PASTA)
		add_parameters(arena, plan->last_group, spec->linux);
	mount_files(arena, plan, folder, spec);
}

/* Host ports that are 0 are chosen when it is started. */
static void print_pasta(FILE *out, const struct pasta_plan *plan)
{
	cleanup_arena struct arena arena = { 0 };
	const struct string_list words = pasta_arguments(&arena, plan, PASTA_NAME, PASTA_NETNS);

	fprintf(out, "network: %s\n", string_list_text(&arena, &words, " "));
}

void connection_print(FILE *out, const struct connection_plan *plan)
{
	const struct network_request *request = plan->request;
	char text[PORT_TEXT_SIZE];

	if (plan->other)
		fprintf(out, "network: that of container %s\n", plan->other);
	for (size_t i = 0; request && i < request->endpoints.count; i++) {
		const struct network_request_endpoint *endpoint = &request->endpoints.items[i];

		fprintf(out, "network %s", endpoint->network);
		if (endpoint->interface)
			fprintf(out, " as %s", endpoint->interface);
		if (endpoint->ipv4.family)
			fprintf(out, " ipv4 %s", ip_address_print(&endpoint->ipv4, text));
		if (endpoint->ipv6.family)
			fprintf(out, " ipv6 %s", ip_address_print(&endpoint->ipv6, text));
		if (mac_address_is_set(&endpoint->mac))
			fprintf(out, " mac %s", mac_address_print(&endpoint->mac, text));
		for (size_t n = 0; n < endpoint->aliases.count; n++)
			fprintf(out, " alias %s", endpoint->aliases.items[n]);
		if (endpoint->rate_in)
			fprintf(out, " in %ju bit/s", (uintmax_t)endpoint->rate_in);
		if (endpoint->rate_out)
			fprintf(out, " out %ju bit/s", (uintmax_t)endpoint->rate_out);
		fprintf(out, "%s\n", endpoint->on_demand ? ", made if there is none" : "");
	}
	for (size_t i = 0; request && i < request->ports.count; i++)
		fprintf(out, "published: %s\n", port_print(&request->ports.items[i], text));
	if (plan->pasta)
		print_pasta(out, plan->pasta);
}
