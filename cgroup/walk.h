/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* For the files of this folder: a cgroup with all below it. */

/* Calls visit() for the cgroup and for all below it. What vanishes meanwhile is passed over. */
int cgroup_walk(int dirfd, int (*visit)(int dirfd, void *context, struct error *err), void *context,
		struct error *err);

/*
 * Looks for the process that keeps a cgroup from being frozen or emptied and writes what it is,
 * "process 123 (dd) is in state D (disk sleep)", into text. Prefers one in uninterruptible sleep,
 * then one that is not held by the freezer. "no process is left" if there is none.
 */
void cgroup_culprit(int dirfd, char *text, size_t size);
