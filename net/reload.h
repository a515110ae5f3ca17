/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "net/network_host.h"

/*
 * Makes whole again what others have removed, for all networks that these containers are in: bridges,
 * their addresses, the host's switches, and all rules, written anew. Traffic that is allowed flows on
 * meanwhile: the rules of a network are exchanged as one. ENOENT: a container has no attachment.
 */
int network_reload(struct network_host *host, struct arena *arena,
		   const struct string_list *containers, struct error *err);

/* For all networks that have a member. */
int network_reload_all(struct network_host *host, struct arena *arena, struct error *err);
