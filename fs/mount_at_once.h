/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "fs/mount.h"

/*
 * A filesystem by one mount(2) instead of the six to ten calls of fsopen(2) to move_mount(2), where
 * both come to the same. What those calls are for is left to them: a mount that is worked on before
 * it is attached, options that only they take, and the reason of a failure in words.
 */

/* Fills plan->at_once and at_once_flags, when everything else of *plan stands. Pure. */
void mount_at_once_plan(struct arena *arena, struct mount_plan *plan);

/*
 * Child side: mounts it on name, a path of the working directory that nobody else can have made a
 * link of. Returns false when that did not work, or is not for this mount: nothing has happened.
 */
bool mount_at_once(const struct mount_plan *plan, const char *name);

/* The same on the directory that fd is open for; the working directory is that one afterwards. */
bool mount_at_once_on(const struct mount_plan *plan, int fd);
