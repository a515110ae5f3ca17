/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "net/netlink.h"
#include "net/network_store.h"

/*
 * What works with the networks of a host: the store on its disk, and sockets of the network namespace
 * that the caller is in, opened when they are first used. They stay open until the end: to close a
 * socket of nf_tables behind a change waits until the kernel has freed what was removed, milliseconds
 * for which nobody has to wait who has his answer.
 */

struct network_host {
	struct network_store store;
	struct netlink route, filter; /* NETLINK_ROUTE, NETLINK_NETFILTER */
};

#define NETWORK_HOST_CLOSED                                                                        \
	{                                                                                          \
		.store = NETWORK_STORE_CLOSED, .route = { .fd = -1 }, .filter = {.fd = -1 }        \
	}

int network_host_open(const char *data_root, struct network_host *host, struct error *err);

/* The sockets, which stay the host's; NULL on failure. */
struct netlink *network_host_route(struct network_host *host, struct error *err);
struct netlink *network_host_filter(struct network_host *host, struct error *err);

/* Accepts one that is not open. */
void network_host_close(struct network_host *host);
#define cleanup_network_host __attribute__((cleanup(network_host_close)))
