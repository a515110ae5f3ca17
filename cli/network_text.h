/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "net/attachments.h"
#include "specs/json_writer.h"
#include "specs/network_document.h"

/* How the verbs of networks show and choose them. Pure. */

/* One network with the containers in it, in podman's words. */
void network_write(struct json_writer *writer, const struct network *network,
		   const struct attachments *attachments);

/*
 * Whether a network is meant by filters WHAT=VALUE: any of those with the same WHAT, and all of
 * different ones. EINVAL for one that is unknown. Returns 1 or 0.
 */
int network_matches(const struct network *network, const struct string_list *filters,
		    struct error *err);

/* "10.89.0.0/24, fd00::/64" */
char *network_subnets_text(struct arena *arena, const struct network *network);
