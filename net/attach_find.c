/* SPDX-License-Identifier: Apache-2.0 */
#include "net/attach_reserve.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "net/links.h"
#include "net/network_make.h"

static bool has_interface(const struct network_attachment *attachment, const char *name)
{
	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		const char *other = attachment->endpoints.items[i].interface;

		if (other && strcmp(other, name) == 0)
			return true;
	}
	return false;
}

/* The names that were asked for are taken first, so that no other endpoint gets one of them. */
static int name_interfaces(struct attach *attach, struct error *err)
{
	struct network_attachment *attachment = &attach->attachment;
	unsigned int number = 0;

	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		struct network_endpoint *endpoint = &attachment->endpoints.items[i];
		const char *wanted = attach->request.endpoints.items[i].interface;

		if (!wanted)
			continue;
		if (has_interface(attachment, wanted) || has_interface(&attach->before, wanted) ||
		    strcmp(wanted, "lo") == 0)
			return fail(err, EEXIST,
				    "network %s: the container has an interface %s already",
				    endpoint->network, wanted);
		endpoint->interface = arena_strdup(attach->arena, wanted);
	}
	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		struct network_endpoint *endpoint = &attachment->endpoints.items[i];
		char name[16];

		while (!endpoint->interface) {
			snprintf(name, sizeof(name), "eth%u", number++);
			if (!has_interface(attachment, name) &&
			    !has_interface(&attach->before, name))
				endpoint->interface = arena_strdup(attach->arena, name);
		}
	}
	return 0;
}

static int find_network(struct attach *attach, const struct network_request_endpoint *wanted,
			struct network *network, struct error *err)
{
	if (network_attachment_in(&attach->attachment, wanted->network) ||
	    network_attachment_in(&attach->before, wanted->network))
		return fail(err, EEXIST, "network %s: the container is in it already",
			    wanted->network);
	if (wanted->on_demand)
		return network_make_on_demand(&attach->host->store, attach->arena, wanted->network,
					      wanted->on_demand, network, err);
	return network_load(&attach->host->store, attach->arena, wanted->network, network, err);
}

static int begin_endpoint(struct attach *attach, const struct network_request_endpoint *wanted,
			  const struct network *network, struct error *err)
{
	struct network_attachment *attachment = &attach->attachment;
	struct network_endpoint *endpoint =
		&attachment->endpoints.items[attachment->endpoints.count];
	char name[16];

	*endpoint = (struct network_endpoint){
		.network = network->name,
		.aliases = wanted->aliases,
		.rate_in = wanted->rate_in,
		.rate_out = wanted->rate_out,
	};
	if (network->driver == NETWORK_BRIDGE) {
		if (links_host_name(name, err) < 0)
			return -1;
		endpoint->host_interface = arena_strdup(attach->arena, name);
	}
	attach->networks[attachment->endpoints.count++] = network;
	return 0;
}

int attach_find_networks(struct attach *attach, struct error *err)
{
	const struct network_request *request = &attach->request;
	struct network_attachment *attachment = &attach->attachment;

	*attachment = (struct network_attachment){
		.id = request->id,
		.name = request->name,
		.hostname = request->hostname,
		.hosts_file = request->hosts_file,
		.add_hosts = request->add_hosts,
		.maker = request->maker,
	};
	attachment->endpoints.items =
		arena_array(attach->arena, struct network_endpoint, request->endpoints.count);
	attach->networks =
		arena_array(attach->arena, const struct network *, request->endpoints.count);
	for (size_t i = 0; i < request->endpoints.count; i++) {
		struct network *network = arena_new(attach->arena, struct network);

		if (find_network(attach, &request->endpoints.items[i], network, err) < 0 ||
		    begin_endpoint(attach, &request->endpoints.items[i], network, err) < 0)
			return -1;
	}
	return name_interfaces(attach, err);
}
