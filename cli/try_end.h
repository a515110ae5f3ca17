/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "cli/command.h"

enum try_end { TRY_KEEP, TRY_ASK };

/*
 * What becomes of the changes of a `try` that has ended. Without any it is removed. TRY_ASK: asks
 * on the terminal until the answer is one that settles it. TRY_KEEP: says on stderr, unless quiet,
 * by which commands to go on.
 */
int try_end(struct invocation *invocation, const char *id, enum try_end end, bool quiet,
	    struct error *err);
