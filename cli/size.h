/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* A number of bytes for people, units being powers of 1024: "512 B", "1.5 MiB". */
const char *size_text(struct arena *arena, uint64_t bytes);
