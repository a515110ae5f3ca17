/* SPDX-License-Identifier: Apache-2.0 */
#include "net/network_host.h"

int network_host_open(const char *data_root, struct network_host *host, struct error *err)
{
	return network_store_open(data_root, &host->store, err);
}

static struct netlink *opened(struct netlink *netlink, int protocol, struct error *err)
{
	if (netlink->fd < 0 && netlink_open(netlink, protocol, -1, err) < 0)
		return NULL;
	return netlink;
}

struct netlink *network_host_route(struct network_host *host, struct error *err)
{
	return opened(&host->route, NETLINK_ROUTE, err);
}

struct netlink *network_host_filter(struct network_host *host, struct error *err)
{
	return opened(&host->filter, NETLINK_NETFILTER, err);
}

void network_host_close(struct network_host *host)
{
	netlink_close(&host->route);
	netlink_close(&host->filter);
	network_store_close(&host->store);
}
