/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/try.h"

/* For try.c: the mounts of the sandbox, and plan->view. plan->spec is the template's so far. */
int try_mounts(const struct settings *settings, const struct string_list *writable,
	       struct arena *arena, struct try_plan *plan, struct error *err);
