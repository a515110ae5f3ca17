/* SPDX-License-Identifier: Apache-2.0 */
#include "net/attach_links.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/log.h"
#include "net/links.h"
#include "net/rules.h"
#include "net/rules_members.h"

int attach_make_networks(struct attach *attach, struct error *err)
{
	struct netlink *route = network_host_route(attach->host, err);

	/* the other one too, so that it is there when it is needed */
	if (!route || !network_host_filter(attach->host, err))
		return -1;
	for (size_t i = 0; i < attach->attachment.endpoints.count; i++)
		if (links_ready(route, attach->arena, attach->networks[i], err) < 0)
			return fail_in(err, "network %s", attach->networks[i]->name);
	return 0;
}

static bool has_gateway(const struct network_endpoint *endpoint)
{
	for (size_t i = 0; i < endpoint->addresses.count; i++)
		if (endpoint->addresses.items[i].gateway.family)
			return true;
	return false;
}

/* The first network with a gateway is the way out. */
static bool is_way_out(const struct attach *attach, size_t number)
{
	for (size_t i = 0; i < attach->before.endpoints.count; i++)
		if (has_gateway(&attach->before.endpoints.items[i]))
			return false;
	for (size_t i = 0; i < number; i++)
		if (has_gateway(&attach->attachment.endpoints.items[i]))
			return false;
	return true;
}

static int make_link(struct attach *attach, size_t number, struct error *err)
{
	struct network_endpoint *endpoint = &attach->attachment.endpoints.items[number];
	const struct network *network = attach->networks[number];
	bool publishes = attach->attachment.ports.count &&
			 attachment_publisher(&attach->attachment) == endpoint;
	unsigned int flags = (is_way_out(attach, number) ? LINKS_DEFAULT_ROUTE : 0U) |
			     (publishes ? LINKS_PUBLISHES : 0U);
	struct links_plan plan;

	if (links_plan(network, endpoint, flags, &plan, err) < 0)
		return -1;
	if (links_apply(&attach->host->route, attach->arena, &plan, attach->netns,
			&endpoint->host_index, err) == 0)
		return 0;
	/* somebody has removed the bridge since we looked */
	if (err->errnum != ENODEV ||
	    links_network(&attach->host->route, attach->arena, network, err) < 0)
		return -1;
	return links_apply(&attach->host->route, attach->arena, &plan, attach->netns,
			   &endpoint->host_index, err);
}

int attach_make_links(struct attach *attach, struct error *err)
{
	for (size_t i = 0; i < attach->attachment.endpoints.count; i++)
		if (make_link(attach, i, err) < 0)
			return fail_in(err, "network %s", attach->networks[i]->name);
	return 0;
}

int attach_remove_links(struct attach *attach, struct error *err)
{
	const struct network_attachment *attachment = &attach->attachment;
	int result = 0;

	for (size_t i = 0; i < attachment->endpoints.count; i++) {
		const struct network_endpoint *endpoint = &attachment->endpoints.items[i];

		if (links_remove(&attach->host->route, attach->arena, endpoint, err) < 0)
			result = -1;
		if (!endpoint->host_interface && attach->netns >= 0 &&
		    links_remove_inside(attach->netns, attach->arena, endpoint, err) < 0)
			result = -1;
	}
	return result;
}

int attach_add_rules(struct attach *attach, struct error *err)
{
	return rules_members_add(attach->host, attach->arena, attach->networks, &attach->attachment,
				 err);
}

/* The lock stays until the record is gone too: nobody may write the rules anew in between. */
int attach_remove_rules(struct attach *attach, struct error *err)
{
	rules_members_lock(attach->host, attach->arena, &attach->attachment, &attach->locks);
	return rules_detach(&attach->host->filter, attach->arena, attach->networks,
			    &attach->attachment, err);
}
