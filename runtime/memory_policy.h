/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * linux.memoryPolicy (set_mempolicy(2)): on which NUMA nodes the kernel looks for the memory of
 * the container's processes.
 */

/* The bits of a node mask: what a kernel can have at most (CONFIG_NODES_SHIFT is 10). */
#define MEMORY_POLICY_NODES 1024

struct memory_policy_plan {
	bool set;
	int mode; /* MPOL_*, with MPOL_F_* */
	unsigned long nodes[MEMORY_POLICY_NODES / (8 * sizeof(unsigned long))];
	bool has_nodes;
	const char *name; /* of the mode, for messages */
};

/* Pure. spec NULL: none is set. */
int memory_policy_plan(const struct spec_memory_policy *spec, struct memory_policy_plan *plan,
		       struct error *err);

/*
 * Child side, in the container's cgroup, whose cpuset bounds the nodes; lasts across execve and
 * is inherited. A kernel without NUMA is an error.
 */
int memory_policy_apply(const struct memory_policy_plan *plan, struct error *err);

/* The words that the plan knows, each list with a NULL at its end: for `ctr features`. */
const char *const *memory_policy_modes(void);
const char *const *memory_policy_flags(void);
