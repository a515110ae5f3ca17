/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "net/network_plan.h"
#include "net/network_store.h"
#include "specs/network_document.h"

/*
 * Makes a network on the disk: looks at what there is (the store's networks, the host's links and
 * routes), plans, asks whether the kernel has what it needs, adds. Links and rules of it are made when
 * somebody attaches. Errors are network_plan()'s and links_check()'s.
 */
int network_make(const struct network_store *store, struct arena *arena,
		 const struct network_wish *wish, struct network *network, struct error *err);

/*
 * The network of this name, which is made if there is none. on_demand, if not NULL, says how; a
 * network that is there and differs from it is EINVAL. If it names an interface, the network that
 * has that one is meant, whatever its name: look at network->name.
 */
int network_make_on_demand(const struct network_store *store, struct arena *arena, const char *name,
			   const struct network_on_demand *on_demand, struct network *network,
			   struct error *err);
