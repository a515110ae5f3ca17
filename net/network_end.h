/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "net/network_host.h"

/*
 * Removes a network: its rules, its bridge, its folder. EBUSY: a container is in it, which the text
 * names; with force those are taken out first. ENOENT.
 */
int network_end(struct network_host *host, struct arena *arena, const char *name, bool force,
		struct error *err);

/*
 * Ends what somebody who was killed had begun to remove. Must come before networks are listed, and
 * before one of the same name is made.
 */
int network_end_retired(struct network_host *host, struct arena *arena, struct error *err);
