/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Freezing a cgroup v2 with all below it. The kernel does it asynchronously: cgroup.freeze is the
 * wish, "frozen" in cgroup.events the fact. dirfd is the cgroup's directory and stays the
 * caller's. A cgroup that is gone is the error ENOENT.
 */

/*
 * Freezes and returns when all processes are frozen; a cgroup without processes can be frozen.
 * After timeout_ms milliseconds (-1: never) it thaws again and fails with ETIMEDOUT and the
 * process that would not freeze: "process 123 (dd) is in state D (disk sleep)". A cgroup that
 * was frozen already stays as it was.
 */
int cgroup_freeze(int dirfd, int timeout_ms, struct error *err);

/*
 * Only writes the wish, to freeze or to thaw: for several cgroups that are to stop at about the
 * same time. The two others then wait for the fact.
 */
int cgroup_ask_frozen(int dirfd, bool frozen, struct error *err);

/*
 * Thaws and returns when the processes run again. If a cgroup above is frozen that cannot be:
 * EBUSY, "frozen by its parent"; the cgroup's own wish is withdrawn nevertheless.
 */
int cgroup_thaw(int dirfd, int timeout_ms, struct error *err);

/*
 * Whether the cgroups, which are several, are all that is directly below one cgroup, without a
 * process in that itself. Returns its descriptor (O_PATH), the caller's, or -1: freezing it freezes
 * them and nothing else.
 */
int cgroup_common_parent(const int *dirfds, size_t count);

enum cgroup_frozen {
	CGROUP_RUNNING,
	CGROUP_FREEZING,	 /* asked for, not all processes are frozen yet */
	CGROUP_FROZEN,		 /* by its own cgroup.freeze */
	CGROUP_FROZEN_BY_PARENT, /* a cgroup above is frozen, this one did not ask */
};

/* Returns an enum cgroup_frozen, or -1. A cgroup that is gone is CGROUP_RUNNING. */
int cgroup_is_frozen(int dirfd, struct error *err);

/* The wish alone: CGROUP_FREEZING or CGROUP_RUNNING, or -1. */
int cgroup_is_asked_frozen(int dirfd, struct error *err);
