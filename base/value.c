/* SPDX-License-Identifier: Apache-2.0 */
#include "base/value.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/macro.h"

static int refuse(int errnum)
{
	errno = errnum;
	return -1;
}

int value_parse_bool(const char *text, bool *value)
{
	static const char *const words[][2] = {
		{ "false", "true" }, { "0", "1" }, { "f", "t" }, { "no", "yes" }, { "off", "on" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		bool yes = !strcasecmp(text, words[i][1]);

		if (!yes && strcasecmp(text, words[i][0]))
			continue;
		*value = yes;
		return 0;
	}
	return refuse(EINVAL);
}

/* Reads a number without sign at *text and moves *text behind it. */
static int parse_digits(const char **text, uint64_t *value)
{
	const char *start = *text;
	uint64_t number = 0;

	for (; isdigit((unsigned char)**text); ++*text)
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(**text - '0'), &number))
			return refuse(ERANGE);
	if (*text == start)
		return refuse(EINVAL);
	*value = number;
	return 0;
}

int value_parse_int(const char *text, int min, int max, int *value)
{
	long number;
	char *end;

	if (isspace((unsigned char)*text) || !*text)
		return refuse(EINVAL);
	errno = 0;
	number = strtol(text, &end, 10);
	if (*end)
		return refuse(EINVAL);
	if (errno || number < min || number > max)
		return refuse(ERANGE);
	*value = (int)number;
	return 0;
}

int value_parse_number(const char *text, int64_t *value)
{
	long long number;
	char *end;

	if (isspace((unsigned char)*text) || !*text)
		return refuse(EINVAL);
	errno = 0;
	number = strtoll(text, &end, 10);
	if (*end)
		return refuse(EINVAL);
	if (errno)
		return refuse(ERANGE);
	*value = number;
	return 0;
}

int value_parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "kmgtp";
	const char *unit;
	uint64_t value;

	if (parse_digits(&text, &value) < 0)
		return -1;
	unit = *text ? strchr(units, tolower((unsigned char)*text)) : NULL;
	if (unit) {
		unsigned shift = 10 * (unsigned)(unit - units + 1);

		if (value > UINT64_MAX >> shift)
			return refuse(ERANGE);
		value <<= shift;
		text++;
		if (*text == 'i' && tolower((unsigned char)text[1]) == 'b')
			text++;
	}
	if (tolower((unsigned char)*text) == 'b')
		text++;
	if (*text)
		return refuse(EINVAL);
	*bytes = value;
	return 0;
}

/* Reads the digits behind a point as thousandths, cutting what is smaller. */
static int64_t parse_thousandths(const char **text)
{
	int64_t thousandths = 0, weight = 100;

	for (; isdigit((unsigned char)**text); ++*text, weight /= 10)
		thousandths += weight * (**text - '0');
	return thousandths;
}

/* Reads a unit of time at *text: its milliseconds, or 0 if there is none. */
static int64_t parse_time_unit(const char **text)
{
	static const struct {
		const char *name;
		int64_t milliseconds;
	} units[] = { { "ms", 1 }, { "h", 3600000 }, { "m", 60000 }, { "s", 1000 } };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strncmp(*text, units[i].name, strlen(units[i].name)))
			continue;
		*text += strlen(units[i].name);
		return units[i].milliseconds;
	}
	return 0;
}

int value_parse_duration(const char *text, int64_t *milliseconds)
{
	const char *start = text;
	int64_t total = 0;

	do {
		int64_t part, thousandths = 0, unit;
		bool first = text == start;
		uint64_t number;

		if (parse_digits(&text, &number) < 0)
			return -1;
		if (*text == '.') {
			text++;
			thousandths = parse_thousandths(&text);
		}
		unit = parse_time_unit(&text);
		if (!unit && (*text || !first))
			return refuse(EINVAL);
		if (!unit)
			unit = 1000;
		if (number > INT64_MAX || __builtin_mul_overflow((int64_t)number, unit, &part) ||
		    __builtin_add_overflow(total, part, &total) ||
		    __builtin_add_overflow(total, thousandths * unit / 1000, &total))
			return refuse(ERANGE);
	} while (*text);
	*milliseconds = total;
	return 0;
}
