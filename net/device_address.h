/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "net/netlink.h"

/* The addresses of an interface as they are, to be given to it again elsewhere (rtnetlink(7)). */

struct device_address {
	uint8_t family, length, scope, size; /* AF_*, bits, RT_SCOPE_*, bytes of an address */
	uint32_t flags;			     /* IFA_F_* that a user chooses */
	uint32_t priority;		     /* of its route; 0: the kernel's default */
	uint8_t local[16], peer[16], broadcast[16];
	bool has_broadcast;
};

struct device_addresses {
	struct device_address *items;
	size_t count;
};

/* The permanent ones of global scope. */
int device_addresses_read(struct netlink *netlink, struct arena *arena, uint32_t index,
			  struct device_addresses *addresses, struct error *err);

/* Appends messages that give them to an interface; those that it has already are no error. */
void device_addresses_message(struct netlink_batch *batch, uint32_t index,
			      const struct device_addresses *addresses);
