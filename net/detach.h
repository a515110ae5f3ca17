/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "net/links_leave.h"
#include "net/network_host.h"
#include "specs/network_document.h"

/*
 * The end of what a container has of networks: names, rules, links, ports, addresses, at last the
 * record, so that an interrupted detach is done again by the next one.
 */

/*
 * Gives back all that a container has. No error if it has nothing. Waits for who is at work on it.
 * leaving: where the links are noted of one whose process is gone, which the kernel will remove; NULL:
 * they are removed at once.
 */
int network_detach(struct network_host *host, struct arena *arena, const char *id,
		   struct links_leaving *leaving, struct error *err);

/*
 * Gives back what this part of an attachment has, but for the leases of its ports, which stay the
 * container's. The record is the caller's, who has its lock. Its links are removed, those without an end on the host from netns (-1: they die with it).
 */
int network_detach_part(struct network_host *host, struct arena *arena,
			const struct network_attachment *part, int netns, struct error *err);

/*
 * Gives back what a killed process was making for a container: pending/ID. EAGAIN if somebody is at
 * it, 0 if there is nothing.
 */
int network_detach_pending(struct network_host *host, struct arena *arena, const char *id,
			   struct error *err);

/* network_detach() if the container's process is gone and nobody is at work on it. */
int network_detach_dead(struct network_host *host, struct arena *arena, const char *id,
			struct error *err);
