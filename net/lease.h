/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "net/owned_link.h"
#include "specs/address.h"
#include "specs/network_document.h"

/*
 * Addresses in use: leases/ADDRESS in the folder of a network is a link that says which container has
 * it (net/owned_link.h). It is made by one system call, and of any number of processes one makes it.
 * Nothing is synced: a reboot ends all leases. folder: network_folder().
 */

/*
 * Takes an address of a subnet for a container: wanted, or with NULL the next one behind that
 * which was given last, so that an address is used again as late as possible. The subnet's network
 * and broadcast addresses and its gateway are nobody's.
 * EEXIST: somebody has it, whom the text names. ENOSPC: none is free. EINVAL: wanted cannot be.
 */
int lease_take(int folder, const struct network_subnet *subnet, const struct ip_address *wanted,
	       const struct lease_owner *owner, struct ip_address *address, struct error *err);

/* Gives it back, if this container has it: one that is gone or somebody else's is left alone. */
int lease_release(int folder, const struct ip_address *address, const char *id, struct error *err);

/* The same of a MAC address; EEXIST. */
int lease_take_mac(int folder, const struct mac_address *mac, const struct lease_owner *owner,
		   struct error *err);
int lease_release_mac(int folder, const struct mac_address *mac, const char *id, struct error *err);

/* Gives back all that a container has of this network, by a look at every lease. */
int lease_release_all(int folder, const char *id, struct error *err);
