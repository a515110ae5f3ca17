/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"

/*
 * How long ago that was, in the largest fitting unit: "5s", "3m", "2h", "9d". stamp is RFC 3339
 * in UTC; what is not is returned as it is, NULL as NULL.
 */
const char *age_of(struct arena *arena, const char *stamp);
