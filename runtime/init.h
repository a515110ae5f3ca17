/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/launch.h"

/*
 * The child's side of a launch: from the first instruction behind clone3 to the execve of the
 * container's program, as pid 1 of its new namespaces. Allocates nothing; whatever fails is told
 * to the parent, or to `ctr start`, over the sync socket.
 */
_Noreturn void init_main(struct launch *launch);
