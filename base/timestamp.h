/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <time.h>

/*
 * The present time as RFC 3339 with nanoseconds in UTC ("2026-11-21T03:42:34.808960490Z"): how
 * state, logs and messages write it. Done without the C library's calendar, which reads the time
 * zone from /etc at the first call.
 */
#define TIMESTAMP_SIZE 40

/* Returns buffer. */
char *timestamp_now(char buffer[TIMESTAMP_SIZE]);

/* The same of a number of seconds since 1970 and nanoseconds; years 1970 to 9999. */
char *timestamp_format(char buffer[TIMESTAMP_SIZE], long long seconds, long nanoseconds);

/* Reads what timestamp_format() has written, to the letter. Returns false for anything else. */
bool timestamp_parse(const char *text, struct timespec *time);
