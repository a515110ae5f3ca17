/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * /dev of the container: the nodes that OCI promises (config-linux.md, "Default Devices"), the
 * links beside them, and those of linux.devices. In a user namespace mknod(2) is refused: there
 * the host's nodes are bound.
 */

struct device_plan {
	const char *path;	      /* clean and absolute, inside the root */
	const char *directory, *name; /* the two parts of path */
	mode_t mode;		      /* type and permission bits */
	dev_t number;
	uid_t uid;
	gid_t gid;
	bool bind; /* the host's node of the same path, verified, instead of a new one */
};

struct device_list {
	struct device_plan *items; /* none when the container's /dev is a bind of another */
	size_t count;
	bool links; /* fd, stdin, stdout, stderr, core, ptmx */
};

/* Plans the default devices and linux.devices. Errors name the member. Pure. */
int devices_plan(struct arena *arena, const struct spec *spec, struct device_list *plan,
		 struct error *err);

/* Prints the plan, a line for each node. */
void devices_print(FILE *stream, const struct device_list *plan);

/*
 * Parent side: opens the host's node of a device that is to be bound, and checks that it is the
 * one that is meant. Its mode and owner stay as the host has them. Returns a detached mount, the
 * caller's.
 */
int device_open(const struct device_plan *device, struct error *err);

/*
 * Child side, allocates nothing: makes the nodes with exactly these modes and owners, and the
 * links. nodes: what device_open() returned, -1 where nothing is bound; taken.
 */
int devices_apply(const struct device_list *plan, int *nodes, int root, struct error *err);

/*
 * Child side: binds the terminal (the slave side of a pty of the container's devpts) to
 * /dev/console. A link there is refused. slave stays the caller's.
 */
int console_attach(int root, int slave, struct error *err);
