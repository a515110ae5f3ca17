/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * ctr's side of its companion ctr-net (net/service.h), which has all that a container network
 * needs of the kernel's netlink. One companion serves one start, beside it, by these in their order:
 *
 *	network_service_start()		before all else: it loads its libraries meanwhile
 *	network_service_attach()	addresses and ports, while cgroup and root are made
 *	network_service_prepared()
 *	network_service_enter()		links, routes, rules, while the child mounts its root
 *	network_service_attached()	the child may start
 *	network_service_keep()		from here on the attachment is the container's
 *	network_service_kept()
 *	network_service_release()
 *
 * ARCHITECTURE.md, section 4, draws what goes to and fro.
 *
 * Whatever ends the connection before KEEP, network_service_release() or the death of ctr, has
 * everything given back: leases, ports, links, rules, records. What kills ctr-net itself is cleaned
 * up by the next one. Each pair of calls sends and waits, so that ctr can do its own part in between;
 * one answer at a time is under way.
 *
 * None of it costs anything where no container network is asked for.
 */

struct network_request;

struct network_service {
	int sock;  /* to the companion, -1: none runs */
	int pidfd; /* of it */
};

#define NETWORK_SERVICE_NONE                                                                       \
	{                                                                                          \
		.sock = -1, .pidfd = -1                                                            \
	}

/*
 * Starts the companion for the networks of this data root, an absolute path, and does not wait for it.
 * ENOENT, with the way out: it is not installed.
 * The process ends without a signal; network_service_release() reaps it.
 */
int network_service_start(const char *data_root, struct network_service *service,
			  struct error *err);

/* Asks for the addresses and ports of a container that is about to be made; does not wait. */
int network_service_attach(const struct network_service *service, struct arena *arena,
			   const struct network_request *request, struct error *err);

/*
 * Waits until they are reserved; what they are stands in the container's attachment (specs/
 * network_document.h). Failures are those of the request: EEXIST (an address in use), EADDRINUSE (a
 * port), ENOENT (no such network), ENOSPC (no address is free)...
 */
int network_service_prepared(const struct network_service *service, struct error *err);

/*
 * Hands over the container's network namespace, which stays the caller's, and the pid of the process
 * with whose end the attachment ends as well; does not wait.
 */
int network_service_enter(const struct network_service *service, int netns, pid_t pid,
			  struct error *err);

/* Waits until the interfaces in there can be used and the ports are published. */
int network_service_attached(const struct network_service *service, struct error *err);

/*
 * Makes it stay: behind this the attachment ends by network_service_detach() or with the process.
 * Does not wait.
 */
int network_service_keep(const struct network_service *service, struct error *err);

/* Waits until it is so, and the other members know of the container, unless they are many. */
int network_service_kept(const struct network_service *service, struct error *err);

/*
 * Asks to give back all that a container has: no error if it has nothing. Does not wait;
 * network_service_detached() does. The container's network namespace may be gone already, which is
 * what makes it quick.
 */
int network_service_detach(const struct network_service *service, const char *container,
			   struct error *err);
int network_service_detached(const struct network_service *service, struct error *err);

/* All of it for a container that is gone: start, detach, wait, release. */
int network_detach_container(const char *data_root, const char *container, struct error *err);

/*
 * Moves the host's devices that linux.netDevices names into netns, and waits for it. They go back
 * if the connection ends before network_service_keep().
 */
int network_service_move_devices(const struct network_service *service, struct arena *arena,
				 const struct spec_linux *linux_spec, int netns, struct error *err);

/*
 * Ends the connection: if nothing was kept, all is given back when this returns. For the end of the
 * process, where the kernel lets go of its sockets (tens of milliseconds, hundreds on a busy machine),
 * nobody waits: it is reaped here if it is so far, else by who inherits it. So who stays behind with a
 * container is not the one that starts it. Accepts that none runs.
 */
void network_service_release(struct network_service *service);
