/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/usage.h"
#include "runtime/handle.h"
#include "runtime/settings.h"
#include "specs/events.h"

/* What a container uses at a moment, for `stats`. What is not measured is not set. */
struct container_usage {
	const char *id;
	bool running; /* it has a process; otherwise nothing is set */
	struct cgroup_usage cgroup;
	struct opt_uint received, sent; /* bytes, of all its interfaces but loopback */
	uint64_t taken;			/* when: nanoseconds of CLOCK_BOOTTIME */
	uint64_t begun;			/* its first process, on the same clock; 0: unknown */
	uint64_t host_memory;		/* bytes of this machine */
};

/* ENOENT: there is no such container. */
int container_usage(const struct settings *settings, const char *id, struct arena *arena,
		    struct container_usage *usage, struct error *err);

/*
 * The interfaces of a running container; none where its network is the host's or the caller's, whose
 * counters are not its own.
 */
struct interfaces_stats usage_interfaces(const struct handle *handle, struct arena *arena);
