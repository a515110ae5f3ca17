/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "net/netlink.h"
#include "specs/network_document.h"

/*
 * The host's ends of the links of containers that have ended: the kernel removes them with the
 * container's network namespace, a few milliseconds later and many at once, where to ask for it waits
 * for just as long with everybody else's changes held up. Only where somebody else is in that namespace
 * (another container, a mount of it) they would stay, in the bridge and without rules.
 */

struct links_leaving {
	uint32_t *items; /* indexes */
	size_t count;
};

/* Adds those of an attachment. */
void links_leaving_add(struct arena *arena, struct links_leaving *leaving,
		       const struct network_attachment *attachment);

/* Waits until they are gone; those that are not after a second are removed. */
void links_leaving_wait(struct arena *arena, const struct links_leaving *leaving);
