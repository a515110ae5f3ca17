/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/network_document.h"

/*
 * The networks of a data root, for one network namespace of the host:
 *
 *	DATA-ROOT/network/networks/NAME/network.json	what it is (specs/network_document.h)
 *	DATA-ROOT/network/networks/NAME/leases/		addresses in use (net/lease.h)
 *	DATA-ROOT/network/ports/			ports of the host in use (net/port_lease.h)
 *
 * A network is there from the rename of its folder on, and gone as soon as leases/ is: that is
 * removed first, which the kernel refuses for as long as anybody has an address of it. So an attach
 * that has read network.json already fails at its first lease, without a lock.
 */

struct network_store {
	int dir; /* DATA-ROOT/network */
};

#define NETWORK_STORE_CLOSED                                                                       \
	{                                                                                          \
		.dir = -1                                                                          \
	}

/* Opens it, and makes it with its folders if it is not there. */
int network_store_open(const char *data_root, struct network_store *store, struct error *err);
void network_store_close(struct network_store *store);
#define cleanup_network_store __attribute__((cleanup(network_store_close)))

/* ENOENT, which says how it is made. */
int network_load(const struct network_store *store, struct arena *arena, const char *name,
		 struct network *network, struct error *err);

struct network_list {
	struct network *items; /* by name */
	size_t count;
};

/* All networks. */
int network_list(const struct network_store *store, struct arena *arena, struct network_list *list,
		 struct error *err);

/* A descriptor of networks/NAME, for net/lease.h and the names of its members; the caller's. */
int network_folder(const struct network_store *store, const char *name, struct error *err);

/*
 * Keeps everybody else from adding and removing networks until the descriptor that it returns is
 * closed. What is chosen to differ from all networks is chosen and added under it.
 */
int network_store_lock(const struct network_store *store, struct error *err);

/* Adds a network; locked is that descriptor. Durable. EEXIST. */
int network_add(int locked, struct arena *arena, const struct network *network, struct error *err);

/*
 * The end of a network, under that lock too: from network_retire() on nobody gets an address of it;
 * nobody has one, or it is EBUSY. May be called again. network_remove() takes it from the disk. ENOENT.
 */
int network_retire(const struct network_store *store, const char *name, struct error *err);
int network_remove(int locked, const char *name, struct error *err);

/* Whether somebody was killed between the two, or is there now. */
bool network_is_retired(const struct network_store *store, const char *name);

/* Removes what somebody who was killed while he added or removed one has left. */
int network_store_tidy(const struct network_store *store, struct error *err);
