/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/error.h"

/*
 * Kills for lack of memory in a cgroup and below it: "oom_kill" of memory.events, whose changes
 * poll(2) tells with POLLPRI.
 *
 * Such a kill may end a container, and whoever removes it may be faster than who reads here. Then
 * it is still counted by the cgroup above, together with those of the other cgroups there. So both
 * are followed: as long as its own file can be read that one counts.
 */

struct oom_counter {
	int events;	/* its memory.events, for poll(2); -1: there is none (any more) */
	uint64_t kills; /* as last read */
};

struct oom_watch {
	struct oom_counter own, above;
};

#define OOM_WATCH_NONE ((struct oom_watch){ .own.events = -1, .above.events = -1 })

/* Begins to watch cgroup dirfd. Without a memory controller there is nothing to watch. */
int oom_watch_open(struct oom_watch *watch, int dirfd, struct error *err);

/* Returns 1 when there were kills since it was called, or opened, last; else 0. */
int oom_watch_read(struct oom_watch *watch, struct error *err);

void oom_watch_close(struct oom_watch *watch);
