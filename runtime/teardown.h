/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/launch.h"

/*
 * The end of a container that stays, in the foreground. Who unmounts a writable layer last waits
 * until the kernel has written the whole file system that it is on, whatever others have in its
 * cache: this gives the mounts to a process of its own, so that the exit status is reported before. It
 * has the lock of the container's folder until the layer is on the disk: what starts, commits or
 * removes the container waits for that, what only looks does not. It has nothing else of the caller's: no
 * standard streams, no session, no directory.
 *
 * When it cannot be made the mounts stay the caller's, who unmounts them.
 */
void teardown_leave(struct launch *launch);
