/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timestamp.h"

#include <string.h>
#include <time.h>

/* Writes digits digits and returns what is behind them; ctr-monitor has no stdio. */
static char *put_number(char *out, long long value, int digits)
{
	for (int i = digits - 1; i >= 0; i--, value /= 10)
		out[i] = (char)('0' + value % 10);
	return out + digits;
}

static char *put_char(char *out, char c)
{
	*out = c;
	return out + 1;
}

char *timestamp_format(char buffer[TIMESTAMP_SIZE], long long seconds, long nanoseconds)
{
	/*
	 * Days to a date of the Gregorian calendar, in years that begin with March, so that the
	 * day that some years have more is the last one; eras are 400 years.
	 */
	long long days = seconds / 86400 + 719468; /* since March 1st of year 0 */
	long long era = days / 146097, day = days % 146097;
	long long year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	long long day_of_year = day - (365 * year + year / 4 - year / 100);
	long long month = (5 * day_of_year + 2) / 153; /* 0 is March */
	char *out = buffer;

	out = put_char(put_number(out, era * 400 + year + (month >= 10), 4), '-');
	out = put_char(put_number(out, month < 10 ? month + 3 : month - 9, 2), '-');
	out = put_char(put_number(out, day_of_year - (153 * month + 2) / 5 + 1, 2), 'T');
	out = put_char(put_number(out, seconds / 3600 % 24, 2), ':');
	out = put_char(put_number(out, seconds / 60 % 60, 2), ':');
	out = put_char(put_number(out, seconds % 60, 2), '.');
	out = put_char(put_number(out, nanoseconds, 9), 'Z');
	*out = '\0';
	return buffer;
}

char *timestamp_now(char buffer[TIMESTAMP_SIZE])
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return timestamp_format(buffer, now.tv_sec, now.tv_nsec);
}
