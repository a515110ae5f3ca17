/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Which process a pid in state.json means, so that a pid that the kernel gave away again is never
 * taken for it. Since Linux 6.9 the inode number of a pidfd is unique until the next boot; before,
 * the start time of the process (proc_pid_stat(5), in clock ticks since boot) tells them apart.
 */
struct identity {
	int64_t pid;
	uint64_t inode; /* 0: the kernel has no pidfs */
	uint64_t start; /* 0: inode tells */
};

/* Of the process of pidfd, which must not be reaped yet. */
int identity_get(int pidfd, pid_t pid, struct identity *identity, struct error *err);

/*
 * Opens a pidfd of the process, the caller's. ESRCH when it is gone, reaped or not, or when
 * somebody else has its pid now.
 */
int identity_open(const struct identity *identity, struct error *err);

/*
 * Whether the process of pidfd has ended, waiting at most timeout_ms milliseconds for it (-1: for
 * ever).
 */
bool identity_wait_end(int pidfd, int timeout_ms);

/* When a process has begun: clock ticks since boot (proc_pid_stat(5), starttime). */
int identity_start_time(pid_t pid, uint64_t *start, struct error *err);
