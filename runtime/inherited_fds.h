/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"

/*
 * --preserve-fds: checks that descriptors 3 to 3+count-1 are open and the caller's. What ctr has
 * opened itself is close-on-exec, so that those are told apart. EBADF names the first missing.
 */
int inherited_fds_check(int count, struct error *err);
