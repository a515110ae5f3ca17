/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/* linux.sysctl (sysctl.d(5) keys: "net.ipv4.ip_forward" or "net/ipv4/conf/eth0.1/forwarding"). */
struct sysctl {
	const char *name, *value;
	char *path; /* below /proc: "sys/net/ipv4/ip_forward" */
};

struct sysctl_plan {
	struct sysctl *items;
	size_t count;
};

/*
 * Pure. Which parameters a container may set, the specification's rules have checked already
 * (spec_validate(), with specs/sysctl_name.h).
 */
int sysctl_plan(struct arena *arena, const struct spec_linux *linux_spec, struct sysctl_plan *plan,
		struct error *err);

/*
 * Child side, inside the namespaces. proc: a trusted, complete procfs (with sys/), nothing
 * mounted over it.
 */
int sysctl_apply(const struct sysctl_plan *plan, int proc, struct error *err);
