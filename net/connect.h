/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "net/network_host.h"
#include "specs/network_document.h"

/* Networks that come and go while a container runs. */

/*
 * Attaches a container that runs and has an attachment to one more network. ENOENT: it has none, or
 * there is no such network. EEXIST: it is in it already.
 */
int network_connect(struct network_host *host, struct arena *arena, const char *id,
		    const struct network_request_endpoint *endpoint, struct error *err);

/*
 * Takes it out of a network: link, rules, names, address. The way out and the published ports are
 * those of the first network that is left. ENOENT: it is not in it.
 */
int network_disconnect(struct network_host *host, struct arena *arena, const char *id,
		       const char *network, struct error *err);
