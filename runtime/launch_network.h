/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "runtime/launch.h"

/*
 * Parent side, steps of launch_create(): "network" of the spec (runtime/network.h). ctr-net works
 * beside them (net/client.h draws it); a container without a network of ctr's passes them by.
 *
 * What ctr-net has given is given back when launch_remove() comes behind the end of the last process,
 * in two halves, so that ctr-net is at work while cgroup, mounts and folders go.
 */

/*
 * The first thing of all: ctr-net starts, and reads what is asked for. Its undo is the last thing.
 * Detached it is begun before that, by who does not stay behind: ctr-net's parent would have to
 * reap it.
 */
int launch_network_begin(struct launch *launch, struct error *err);
int launch_network_end(struct launch *launch, struct error *err);
/* In the parent of a copy of us that goes on with it. */
void launch_network_forget(struct launch *launch);

/* In the state folder: the files of names (runtime/network.h). They go with it. */
int launch_network_files(struct launch *launch, struct error *err);

/* Right before the clone: addresses and ports are reserved, or the container is not made. */
int launch_network_reserve(struct launch *launch, struct error *err);
/* Nothing of the container runs any more: ctr-net is asked to take it all back. */
int launch_network_detach(struct launch *launch, struct error *err);

/* Right behind the clone: the container's network namespace is handed over. */
int launch_network_enter(struct launch *launch, struct error *err);

/* Its interfaces are there, and its ports: once more is nothing. */
int launch_network_attach(struct launch *launch, struct error *err);

/* linux.netDevices (net/devices.h) are moved into it, behind that. */
int launch_network_devices(struct launch *launch, struct error *err);

/*
 * The container is known, and so is what it has, from here on. Devices of one without a network of
 * ctr's go back to the host until its program runs (launch_start()): this is for those.
 */
int launch_network_keep(struct launch *launch, struct error *err);
int launch_network_keep_devices(struct launch *launch, struct error *err);

/*
 * Who leaves a running container behind waits until the other members of its networks know of it.
 * That they do not is no reason to stop it.
 */
void launch_network_settle(struct launch *launch);

/* The container has ended and will be removed: ctr-net starts meanwhile. */
void launch_network_expect_end(struct launch *launch);
