/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* Addresses of network interfaces (rtnetlink(7), RTM_*ADDR). */

#define ADDRESS_MAX 16 /* bytes: IPv6 */

struct address {
	uint8_t family, prefix, scope, size; /* AF_*, bits, RT_SCOPE_*, bytes of an address */
	uint32_t flags;			     /* IFA_F_* */
	uint32_t priority;		     /* of its route; 0: the kernel's default */
	uint8_t local[ADDRESS_MAX], peer[ADDRESS_MAX], broadcast[ADDRESS_MAX];
	uint8_t has_broadcast;
};

struct address_list {
	struct address *items;
	size_t count;
};

/* The permanent addresses of global scope that interface index has. */
int address_list(struct arena *arena, int sock, int index, struct address_list *list,
		 struct error *err);

/* Gives them to an interface; those that it has already are no error. */
int address_add(int sock, int index, const struct address_list *list, struct error *err);
