/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * "Did you mean ...?" for words that are not known. Offer every candidate, then look at best.
 *
 *	struct suggestion suggestion = { .word = given };
 *	for (...) suggest(&suggestion, candidate);
 *	if (suggestion.best) ...
 */

struct suggestion {
	const char *word;  /* as the user wrote it */
	const char *best;  /* the nearest candidate so far; NULL: none is near enough */
	unsigned distance; /* of best */
};

/* Keeps candidate if it is nearer than those before. */
void suggest(struct suggestion *suggestion, const char *candidate);

/*
 * The number of letters to insert, remove, replace, or swap with their neighbour to make one word
 * of the other; more than limit counts as limit + 1. Words over 63 letters are never near.
 */
unsigned suggest_distance(const char *a, const char *b, unsigned limit);
