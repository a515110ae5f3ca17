/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/bit_rate.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int refuse_with(int number)
{
	errno = number;
	return -1;
}

/* Thousands, and what is behind them. */
static const char *read_unit(const char *text, uint64_t *unit)
{
	static const char letters[] = "kmgt";
	const char *letter = *text ? strchr(letters, tolower((unsigned char)*text)) : NULL;

	*unit = 1;
	for (const char *c = letters; letter && c <= letter; c++)
		*unit *= 1000;
	return letter ? text + 1 : text;
}

/* The digits behind a point, as so many of the unit. */
static const char *read_fraction(const char *text, uint64_t unit, uint64_t *part)
{
	*part = 0;
	for (; isdigit((unsigned char)*text); text++) {
		unit /= 10;
		*part += unit * (uint64_t)(*text - '0');
	}
	return text;
}

int bit_rate_parse(const char *text, uint64_t *rate)
{
	uint64_t whole, part, unit;
	const char *fraction = NULL, *rest;
	char *end;

	if (!isdigit((unsigned char)*text))
		return refuse_with(EINVAL);
	errno = 0;
	whole = strtoull(text, &end, 10);
	if (errno == ERANGE)
		return -1;
	rest = end;
	if (*rest == '.') {
		fraction = ++rest;
		rest = read_fraction(fraction, 1, &part);
		if (rest == fraction)
			return refuse_with(EINVAL);
	}
	rest = read_unit(rest, &unit);
	if (*rest && strcasecmp(rest, "bit") != 0 && strcasecmp(rest, "bit/s") != 0)
		return refuse_with(EINVAL);
	part = 0;
	if (fraction)
		read_fraction(fraction, unit, &part);
	if (__builtin_mul_overflow(whole, unit, rate) ||
	    __builtin_add_overflow(*rate, part, rate) || *rate < BIT_RATE_LEAST)
		return refuse_with(ERANGE);
	return 0;
}
