/* SPDX-License-Identifier: Apache-2.0 */
#include "net/reload.h"

#include <errno.h>

#include "net/attachment.h"
#include "net/links.h"
#include "net/netlink.h"
#include "net/rules_members.h"

struct reload {
	struct network_host *host;
	struct arena *arena;
	struct string_list done; /* names of networks */
};

static int reload_network(struct reload *reload, const char *name, struct error *err)
{
	struct netlink *route = network_host_route(reload->host, err);
	struct network network;

	if (!route)
		return -1;
	if (network_load(&reload->host->store, reload->arena, name, &network, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (links_network(route, reload->arena, &network, err) < 0)
		return -1;
	if (network.driver != NETWORK_BRIDGE)
		return 0;
	return rules_members_write(reload->host, reload->arena, &network, err);
}

/* A bridge that somebody had removed has lost its ports. */
static int reload_link(struct reload *reload, const struct network_attachment *attachment,
		       const struct network_endpoint *endpoint, struct error *err)
{
	bool publishes = attachment->ports.count && attachment_publisher(attachment) == endpoint;
	struct network network;
	struct links_plan plan;

	if (network_load(&reload->host->store, reload->arena, endpoint->network, &network, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (links_plan(&network, endpoint, publishes ? LINKS_PUBLISHES : 0U, &plan, err) < 0)
		return -1;
	return links_rejoin(&reload->host->route, reload->arena, &plan, err);
}

static int reload_container(struct reload *reload, const char *id, struct error *err)
{
	struct network_attachment attachment;

	if (attachment_read(reload->host->store.dir, reload->arena, id, &attachment, err) < 0)
		return fail_in(err, "container %s has no networks of ctr's", id);
	for (size_t i = 0; i < attachment.endpoints.count; i++) {
		const struct network_endpoint *endpoint = &attachment.endpoints.items[i];
		char *name = endpoint->network;
		const struct string_list one = { .items = &name, .count = 1 };

		if (!string_list_has(&reload->done, name) && reload_network(reload, name, err) < 0)
			return fail_in(err, "network %s", name);
		reload->done = string_list_join(reload->arena, &reload->done, &one);
		if (reload_link(reload, &attachment, endpoint, err) < 0)
			return fail_in(err, "network %s", name);
	}
	return 0;
}

int network_reload(struct network_host *host, struct arena *arena,
		   const struct string_list *containers, struct error *err)
{
	struct reload reload = { .host = host, .arena = arena };

	for (size_t i = 0; i < containers->count; i++)
		if (reload_container(&reload, containers->items[i], err) < 0)
			return -1;
	return 0;
}

int network_reload_all(struct network_host *host, struct arena *arena, struct error *err)
{
	struct string_list ids;

	if (attachment_list(host->store.dir, arena, &ids, err) < 0)
		return -1;
	return network_reload(host, arena, &ids, err);
}
