/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

#include <string.h>

#define LONGEST 63

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Optimal string alignment: row i holds the distances of the first i letters of a to every start
 * of b. A swap looks back two rows, so three are kept.
 */
unsigned suggest_distance(const char *a, const char *b, unsigned limit)
{
	unsigned char rows[3][LONGEST + 1];
	unsigned char *before = rows[0], *above = rows[1], *row = rows[2];
	size_t rows_count = strlen(a), columns = strlen(b);
	unsigned distance;

	if (rows_count > LONGEST || columns > LONGEST)
		return limit + 1;
	for (size_t j = 0; j <= columns; j++)
		above[j] = (unsigned char)j;
	for (size_t i = 1; i <= rows_count; i++) {
		unsigned char *oldest = before;

		row[0] = (unsigned char)i;
		for (size_t j = 1; j <= columns; j++) {
			unsigned cost = above[j - 1] + (a[i - 1] != b[j - 1]);

			cost = least(cost, least(above[j], row[j - 1]) + 1u);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				cost = least(cost, before[j - 2] + 1u);
			row[j] = (unsigned char)cost;
		}
		before = above;
		above = row;
		row = oldest;
	}
	distance = above[columns];
	return distance > limit ? limit + 1 : distance;
}

void suggest(struct suggestion *suggestion, const char *candidate)
{
	size_t length = strlen(suggestion->word);
	/* A third of the letters may be wrong: "psu" is no "ps", "detatch" is a "detach". */
	unsigned limit = length < 3 ? 1 : length < 12 ? (unsigned)(length + 2) / 3 : 4;
	unsigned distance = suggest_distance(suggestion->word, candidate, limit);

	/* What was only cut short is as near as can be: "--preserve". */
	if (length >= 3 && !strncmp(candidate, suggestion->word, length))
		distance = least(distance, 1);
	/* Of a word of two letters, one at least must be right. */
	if (distance > limit || distance >= strlen(candidate))
		return;
	if (suggestion->best && suggestion->distance <= distance)
		return;
	suggestion->best = candidate;
	suggestion->distance = distance;
}
