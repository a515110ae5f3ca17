/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "runtime/handle.h"

/*
 * The cgroup that an exec'ed process is born into: the container's, or one below it by name. A
 * container may have moved its first process below its cgroup and given controllers to that, and
 * then the kernel allows no process in the container's cgroup itself; or the cgroup is gone since
 * the process went elsewhere. A new process then goes where the first one is.
 */

/*
 * Opens it (O_PATH) into *cgroup, -1 where the container has none. below: the option --cgroup, a
 * path below the container's cgroup, NULL: none. proc: a trusted procfs.
 */
int join_cgroup_open(struct arena *arena, struct handle *handle, int proc, const char *below,
		     int *cgroup, struct error *err);

/* Opens that of the container's first process. */
int join_cgroup_of_init(struct arena *arena, const struct handle *handle, int proc, int *cgroup,
			struct error *err);
