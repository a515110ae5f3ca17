/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timestamp.h"

#include <stdio.h>
#include <time.h>

#include "tests/unit/unit.h"

static char buffer[TIMESTAMP_SIZE];

/* As the C library has it. */
static const char *expected(long long seconds, long nanoseconds)
{
	static char text[80];
	time_t time = seconds;
	struct tm date;

	gmtime_r(&time, &date);
	snprintf(text, sizeof(text), "%04d-%02d-%02dT%02d:%02d:%02d.%09ldZ", date.tm_year + 1900,
		 date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec,
		 nanoseconds);
	return text;
}

#define CHECK_TIME(seconds, nanoseconds)                                                           \
	CHECK_STRING(timestamp_format(buffer, seconds, nanoseconds), expected(seconds, nanoseconds))

TEST(timestamp_known_moments)
{
	CHECK_STRING(timestamp_format(buffer, 0, 0), "1970-01-01T00:00:00.000000000Z");
	CHECK_STRING(timestamp_format(buffer, 951782400, 1), "2000-02-29T00:00:00.000000001Z");
	CHECK_STRING(timestamp_format(buffer, 1763696554, 808960490),
		     "2025-11-21T03:42:34.808960490Z");
	CHECK_STRING(timestamp_format(buffer, 4107542399, 999999999),
		     "2100-02-28T23:59:59.999999999Z");
	CHECK_STRING(timestamp_format(buffer, 4107542400, 0), "2100-03-01T00:00:00.000000000Z");
	CHECK_STRING(timestamp_format(buffer, 253402300799, 0), "9999-12-31T23:59:59.000000000Z");
}

/* A prime number of seconds less than a day, so that every hour and every date is met. */
TEST(timestamp_agrees_with_gmtime_from_1970_to_9999)
{
	for (long long seconds = 0; seconds < 253402300800; seconds += 86399 * 7)
		CHECK_TIME(seconds, (long)(seconds % 1000000000));
}

TEST(timestamp_every_day_of_a_century_with_and_without_leap_day)
{
	/* 2000 has a February 29th, 2100 and 2200 have none */
	for (long long day = 10000; day < 10000 + 250 * 366; day++) {
		CHECK_TIME(day * 86400, 0);
		CHECK_TIME(day * 86400 - 1, 999999999);
	}
}

TEST(timestamp_now_is_now)
{
	time_t before = time(NULL), after;
	char first[TIMESTAMP_SIZE], last[TIMESTAMP_SIZE];

	CHECK(timestamp_now(buffer) == buffer);
	after = time(NULL) + 2; /* time(2) is some milliseconds behind clock_gettime(2) */
	CHECK(strcmp(timestamp_format(first, before - 1, 0), buffer) < 0);
	CHECK(strcmp(buffer, timestamp_format(last, after, 0)) < 0);
	CHECK_INT(strlen(buffer), strlen("2026-11-21T03:42:34.808960490Z"));
}

TEST(timestamp_what_was_written_is_read_and_nothing_else)
{
	static const char *const wrong[] = {
		"",
		"2026-11-21T03:42:34.808960490",
		"2026-11-21T03:42:34.808960490Zx",
		"2026-11-21T03:42:34Z",
		"2026-00-21T03:42:34.808960490Z",
		"2026-13-21T03:42:34.808960490Z",
		"2026-11-00T03:42:34.808960490Z",
		"2026-11-2xT03:42:34.808960490Z",
	};
	struct timespec time;

	for (long long seconds = 0; seconds < 253402300800; seconds += 86399 * 31) {
		CHECK(timestamp_parse(timestamp_format(buffer, seconds, seconds % 1000), &time));
		CHECK_INT(time.tv_sec, seconds);
		CHECK_INT(time.tv_nsec, seconds % 1000);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		CHECK(!timestamp_parse(wrong[i], &time));
}
