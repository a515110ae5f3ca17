/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/* The file cgroup.events of a cgroup directory (Documentation/admin-guide/cgroup-v2.rst). */

struct cgroup_events {
	bool populated; /* live processes in it or below it */
	bool frozen;	/* all of them are frozen; also said of an empty cgroup */
	bool gone;	/* the cgroup was removed; the others are false then */
};

int cgroup_events_read(int dirfd, struct cgroup_events *events, struct error *err);

/* The same of the cgroup directly below that has this name, which need not be opened then. */
int cgroup_events_find(int dirfd, const char *name, struct cgroup_events *events,
		       struct error *err);

/*
 * Waits until is_reached(events) or the cgroup is gone. Returns 0 then, 1 when timeout_ms
 * milliseconds (-1: no limit) went by before. *events is what was read last.
 */
int cgroup_events_wait(int dirfd, bool (*is_reached)(const struct cgroup_events *), int timeout_ms,
		       struct cgroup_events *events, struct error *err);
