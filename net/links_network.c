/* SPDX-License-Identifier: Apache-2.0 */
#include "net/bridge.h"
#include "net/link_message.h"
#include "net/links.h"
#include "net/parent.h"

int links_check(struct netlink *host, struct arena *arena, const struct network *network,
		struct error *err)
{
	const bool bridge = network->driver == NETWORK_BRIDGE;

	if (link_kind_check(host, arena, network_driver_name(network->driver), err) < 0)
		return -1;
	if (bridge)
		return link_kind_check(host, arena, "veth", err);
	if (network->vlan && link_kind_check(host, arena, "vlan", err) < 0)
		return -1;
	return parent_check(host, network, err);
}

int links_network(struct netlink *host, struct arena *arena, const struct network *network,
		  struct error *err)
{
	return network->driver == NETWORK_BRIDGE ? bridge_make(host, arena, network, err)
						 : parent_make(host, arena, network, err);
}

int links_network_remove(struct netlink *host, struct arena *arena, const struct network *network,
			 struct error *err)
{
	return network->driver == NETWORK_BRIDGE ? bridge_remove(host, arena, network, err)
						 : parent_remove(host, arena, network, err);
}

uint32_t links_network_index(const struct netlink *host, const struct network *network)
{
	char name[IFNAMSIZ];

	return network->driver == NETWORK_BRIDGE ? link_index(host, network->interface)
						 : link_index(host, parent_name(network, name));
}

int links_ready(struct netlink *host, struct arena *arena, const struct network *network,
		struct error *err)
{
	return links_network_index(host, network) ? 0 : links_network(host, arena, network, err);
}
