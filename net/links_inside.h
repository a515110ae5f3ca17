/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "net/links.h"

/*
 * The second half of links_apply(), in the container's network namespace: addresses, up, routes of the
 * link that is called name so far, and its own name. One that cannot be furnished is removed again, but
 * for an end of a pair.
 */
int links_furnish(struct arena *arena, const struct links_plan *plan, const char *name, int netns,
		  struct error *err);
