/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/links.h"

/* A network's bridge: what links_network() and its like do for NETWORK_BRIDGE. */

int bridge_make(struct netlink *host, struct arena *arena, const struct network *network,
		struct error *err);
int bridge_remove(struct netlink *host, struct arena *arena, const struct network *network,
		  struct error *err);
