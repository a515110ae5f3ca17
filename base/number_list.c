/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number_list.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#define WORD_BITS (sizeof(unsigned long) * CHAR_BIT)

static const char *skip_blanks(const char *text)
{
	return text + strspn(text, " \t\n");
}

/* A decimal number; what is too large for any set stays UINT_MAX. Advances *text behind it. */
static bool parse_number(const char **text, unsigned int *number)
{
	const char *begin = skip_blanks(*text), *end = begin;

	*number = 0;
	for (; *end >= '0' && *end <= '9'; end++)
		*number = *number > UINT_MAX / 10 - 1 ? UINT_MAX
						      : *number * 10 + (unsigned int)(*end - '0');
	*text = skip_blanks(end);
	return end > begin;
}

/* "7" or "0-3" */
static bool parse_range(const char **text, unsigned int *first, unsigned int *last)
{
	if (!parse_number(text, first))
		return false;
	*last = *first;
	if (**text != '-')
		return true;
	(*text)++;
	return parse_number(text, last) && *first <= *last;
}

int number_list_parse(const char *text, unsigned long *words, size_t bits, struct error *err)
{
	const char *rest = text;
	bool any = false;

	memset(words, 0, bits / CHAR_BIT);
	for (;;) {
		unsigned int first, last;

		rest = skip_blanks(rest);
		if (*rest && *rest != ',') {
			if (!parse_range(&rest, &first, &last))
				break;
			if (last >= bits)
				return fail(err, ERANGE, "'%.100s': %zu is the highest number",
					    text, bits - 1);
			for (size_t bit = first; bit <= last; bit++)
				words[bit / WORD_BITS] |= 1UL << bit % WORD_BITS;
			any = true;
		}
		if (!*rest && any)
			return 0;
		if (*rest++ != ',')
			break;
	}
	return fail(err, EINVAL, "'%.100s' is not a list as \"0-3,7\"", text);
}
