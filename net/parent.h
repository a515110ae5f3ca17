/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/links.h"

/*
 * The parent of a network of macvlan or ipvlan: an interface of the host, or with a VLAN a link of ours
 * on it, "eth0.100".
 */

/* The name that members are made on. Returns name. */
const char *parent_name(const struct network *network, char name[IFNAMSIZ]);

/* ENODEV: there is no such interface. */
int parent_check(const struct netlink *host, const struct network *network, struct error *err);

int parent_make(struct netlink *host, struct arena *arena, const struct network *network,
		struct error *err);
int parent_remove(struct netlink *host, struct arena *arena, const struct network *network,
		  struct error *err);
