/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/arena.h"

/* A number of bytes for people, units being powers of 1024: "512 B", "1.5 MiB". */
const char *size_text(struct arena *arena, uint64_t bytes);

/* The same into a buffer. Returns it. */
#define SIZE_TEXT_SIZE 24
char *size_format(char buffer[SIZE_TEXT_SIZE], uint64_t bytes);
