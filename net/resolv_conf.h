/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/* A container's /etc/resolv.conf (resolv.conf(5)), as podman and docker make it. */

struct resolv_wish {
	/* Empty lists: as the host has them. A search of "." alone: none. */
	const struct string_list *servers, *search, *options;
	/* The container has its own network: a server on a loopback of the host's is not in there. */
	bool own_network;
	bool ipv6; /* with an own network: it can reach servers over IPv6 */
	/* Who asks the host's servers for it, if these are on its loopback alone; NULL: nobody. */
	const char *forwarder;
};

/*
 * The text. host: the host's file, "" where it has none. Pure. If no server of the host is of use
 * (and the user named none) it is the forwarder, or the public ones that podman and docker take then.
 */
char *resolv_conf_text(struct arena *arena, const char *host, const struct resolv_wish *wish);

/*
 * The host's file. For an own network of a container, where it names only systemd-resolved's stub,
 * the one with the servers behind it (systemd-resolved.service(8), /run/systemd/resolve/resolv.conf).
 */
int resolv_conf_read_host(struct arena *arena, bool own_network, char **text, struct error *err);
