/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "specs/runtime_spec.h"

/* linux.personality (personality(2)): which uname and system calls a 32-bit program sees. */
struct personality_plan {
	bool set;
	unsigned long persona;
};

int personality_plan(const struct spec_personality *spec, struct personality_plan *plan,
		     struct error *err);

/* Child side; lasts across execve. */
int personality_apply(const struct personality_plan *plan, struct error *err);
