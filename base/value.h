/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * Values as they are written in options: the whole text must be one. Return 0, or -1 with errno:
 * EINVAL (not of this form), ERANGE (too large, or outside of min and max).
 */

/* true, 1, t, yes, on; false, 0, f, no, off; in any case. */
int value_parse_bool(const char *text, bool *value);

int value_parse_int(const char *text, int min, int max, int *value);

/* Any whole number that 64 bits hold. */
int value_parse_number(const char *text, int64_t *value);

/* Bytes: "4096", "64k", "10MB", "1GiB": units are powers of 1024. */
int value_parse_size(const char *text, uint64_t *bytes);

/* "1m30s", "2.5s", "100ms" as Go writes durations; a bare number is one of seconds. */
int value_parse_duration(const char *text, int64_t *milliseconds);
