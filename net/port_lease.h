/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "net/network_store.h"
#include "net/owned_link.h"
#include "specs/port.h"

/*
 * Ports of the host in use, as links that say which container has them (net/owned_link.h):
 *
 *	ports/tcp-8080			on all addresses of the host
 *	ports/tcp-8080@/127.0.0.1	on this one; 0.0.0.0 and :: stand for all of their family
 *
 * So a port is looked up by its name, however many there are. Nothing is synced: a reboot ends all.
 *
 * A port that a program of the host listens on is in use as well; bind(2) tells.
 */

/*
 * Takes the ports of *port, all or none; a host port that was left open is filled in, choices is
 * then 0. The calling process is in the host's network namespace.
 * EADDRINUSE: the text names who has it. EADDRNOTAVAIL: the host has no such address.
 */
int port_lease_take(const struct network_store *store, struct published_port *port,
		    const struct lease_owner *owner, struct error *err);

/* Gives them back, those that this container has. */
int port_lease_release(const struct network_store *store, const struct published_port *port,
		       const char *id, struct error *err);

/* Gives back all that a container has, by a look at every port. */
int port_lease_release_all(const struct network_store *store, const char *id, struct error *err);
