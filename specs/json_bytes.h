/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/*
 * Finds the first byte of a JSON text that may not be there whatever the grammar says: a NUL,
 * written as a byte or as an escape, what is no UTF-8, half of a surrogate pair. Returns its
 * offset and sets *reason, or returns size. Escapes that are none are left to the parser.
 */
size_t json_find_bad_byte(const char *text, size_t size, const char **reason);
