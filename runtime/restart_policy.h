/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * When a container starts again by itself (`run --restart`), as docker and podman have it: "no",
 * "on-failure[:N]" (N times at most), "always", "unless-stopped". Without a daemon that starts
 * with the machine the last two are the same: until `stop` or `rm`.
 */
struct restart_policy {
	enum { RESTART_NO, RESTART_ON_FAILURE, RESTART_ALWAYS } when;
	unsigned most; /* of RESTART_ON_FAILURE; 0: no limit */
};

int restart_policy_parse(const char *text, struct restart_policy *policy, struct error *err);

/* restart.json in the container's data folder, from its first restart or `stop` on. */
struct restart_record {
	uint32_t count; /* restarts since somebody started it */
	uint32_t delay; /* milliseconds: the last pause before a start */
	bool stopped;	/* by `stop`: it stays so */
};

#define RESTART_SHORTEST_MS 100
#define RESTART_LONGEST_MS 60000
/* One that ran as long as this was well: the pauses begin anew. */
#define RESTART_WELL_MS 10000

/*
 * Whether a container that has ended with exit_status after running for ran milliseconds starts
 * again. Then *record is what it is from now on, with the pause before the start. Pure.
 */
bool restart_plan(const struct restart_policy *policy, int exit_status, int64_t ran,
		  struct restart_record *record);
