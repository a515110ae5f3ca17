/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * The processes of a cgroup. dirfd is its directory and stays the caller's. All functions accept
 * a cgroup that is gone: it has no processes.
 */

/*
 * Sends SIGKILL to everything in the cgroup and below it, atomically where the kernel has
 * cgroup.kill (5.14). Frozen processes die too. Returns at once; see cgroup_wait_empty().
 */
int cgroup_kill(int dirfd, struct error *err);

/* Sends signal to every process in the cgroup and below it that is there now. */
int cgroup_signal(int dirfd, int signal, struct error *err);

/*
 * Waits until no live process is left in the cgroup and below it ("populated 0"); zombies do not
 * count. timeout_ms -1: for ever. ETIMEDOUT names a process that is still there.
 */
int cgroup_wait_empty(int dirfd, int timeout_ms, struct error *err);

struct process_list {
	pid_t *items; /* as seen from the caller's pid namespace, 0: not visible there */
	size_t count;
};

/* The processes of the cgroup, and with recursive those of all below it. */
int cgroup_processes(struct arena *arena, int dirfd, bool recursive, struct process_list *list,
		     struct error *err);
