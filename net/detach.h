/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/links_leave.h"
#include "net/network_host.h"
#include "specs/network_document.h"

/*
 * The end of what a container has of networks: names, rules, links, ports, addresses, at last the
 * record, so that an interrupted detach is done again by the next one.
 */

struct detach_gone {
	struct network_attachment attachment;
	bool unpublished; /* the members of its networks, who are many, do not know it yet */
};

/* What is left to do of a detach when the container has nothing any more. */
struct detach_rest {
	struct links_leaving links; /* of one whose process is gone: the kernel removes them */
	struct {
		struct detach_gone *items;
		size_t count;
	} gone;
};

/*
 * Gives back all that a container has. No error if it has nothing. Waits for who is at work on it.
 * rest: what need not be waited for is noted there, for network_detach_finish(); NULL: it is done at
 * once.
 */
int network_detach(struct network_host *host, struct arena *arena, const char *id,
		   struct detach_rest *rest, struct error *err);
void network_detach_finish(struct network_host *host, struct arena *arena,
			   const struct detach_rest *rest);

/*
 * Gives back what this part of an attachment has, but for the leases of its ports, which stay the
 * container's. The record is the caller's, who has its lock. Its links are removed, those without
 * an end on the host from netns (-1: they die with it).
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
