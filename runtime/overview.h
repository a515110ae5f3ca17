/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/string_list.h"
#include "runtime/container.h"

/*
 * Looks at all containers of these names, a great many by several threads. Those that are gone are
 * left out; so are those that are broken, with a warning. *count is how many are returned, in the
 * order of names; strings and all live in the arena. No lock is taken: each is as it was at some
 * moment of the call.
 */
struct container_info *overview(const struct settings *settings, const struct string_list *names,
				struct arena *arena, size_t *count);
