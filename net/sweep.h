/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "net/network_host.h"

/* Attachments that belong to nobody are given back. */

/*
 * All of them: what a killed ctr-net was making, what processes had that are gone, and everything
 * when the machine was booted since. What somebody works on is left to him; a failure is logged, and
 * the rest done.
 */
int network_sweep(struct network_host *host, struct error *err);

/* Only if the machine was booted since: must come before anything of this boot is put down. */
int network_sweep_boot(struct network_host *host, struct error *err);

/*
 * In small parts, for one who has time while he waits: what is under way, and all attachments where
 * they are few (SWEEP_ALL), else SWEEP_PART of them, beginning anywhere.
 */
#define SWEEP_ALL 16
#define SWEEP_PART 4

struct sweep {
	struct string_list pending, kept;
	size_t first;	    /* of kept */
	size_t done, parts; /* of all */
};

int network_sweep_begin(struct network_host *host, struct arena *arena, struct sweep *sweep,
			struct error *err);
/* Looks at one of them. Returns false when there is nothing more. */
bool network_sweep_one(struct network_host *host, struct sweep *sweep);
