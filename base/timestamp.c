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

/* Takes digits digits off *text; -1 if there is something else. */
static long long take_number(const char **text, int digits)
{
	long long value = 0;

	for (; digits > 0; digits--, (*text)++) {
		if (**text < '0' || **text > '9')
			return -1;
		value = 10 * value + (**text - '0');
	}
	return value;
}

bool timestamp_parse(const char *text, struct timespec *time)
{
	static const struct {
		char digits, end;
	} fields[] = { { 4, '-' }, { 2, '-' }, { 2, 'T' }, { 2, ':' },
		       { 2, ':' }, { 2, '.' }, { 9, 'Z' } };
	long long value[7], year, month, days;

	for (int i = 0; i < 7; i++) {
		value[i] = take_number(&text, fields[i].digits);
		if (value[i] < 0 || *text++ != fields[i].end)
			return false;
	}
	if (*text || value[1] < 1 || value[1] > 12 || value[2] < 1 || value[2] > 31)
		return false;
	/* as above: years begin with March */
	year = value[0] - (value[1] < 3);
	month = value[1] < 3 ? value[1] + 9 : value[1] - 3;
	days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + value[2] -
	       1 - 719468;
	time->tv_sec = days * 86400 + value[3] * 3600 + value[4] * 60 + value[5];
	time->tv_nsec = value[6];
	return true;
}
