/* SPDX-License-Identifier: Apache-2.0 */
#include "specs/json_bytes.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "specs/utf8.h"

static unsigned hex_digits(const char *text, size_t size)
{
	unsigned value = 0;

	if (size < 4)
		return 0x110000;
	for (size_t i = 0; i < 4; i++) {
		char c = text[i];

		value <<= 4;
		if (c >= '0' && c <= '9')
			value |= (unsigned)(c - '0');
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			value |= (unsigned)((c | 0x20) - 'a' + 10);
		else
			return 0x110000;
	}
	return value;
}

/*
 * Checks the escape behind a backslash and returns its length, 0 with *reason set if it cannot be
 * part of a C string in UTF-8. What is no escape at all is left to yajl.
 */
static size_t check_escape(const char *text, size_t size, const char **reason)
{
	unsigned code, low;

	if (size < 2 || text[1] != 'u')
		return size < 2 ? 1 : 2;
	code = hex_digits(text + 2, size - 2);
	if (code > 0xffff)
		return 2;
	if (code == 0)
		*reason = "NUL in a string";
	if (code < 0xd800 || code > 0xdfff)
		return code == 0 ? 0 : 6;
	low = size > 8 && text[6] == '\\' && text[7] == 'u' ? hex_digits(text + 8, size - 8) : 0;
	if (code < 0xdc00 && low >= 0xdc00 && low <= 0xdfff)
		return 12;
	*reason = "half of a surrogate pair in a string";
	return 0;
}

/* Whether these eight bytes have a NUL, a backslash or a byte above 0x7f among them. */
static bool is_special(const char *text)
{
	const uint64_t ones = 0x0101010101010101, tops = 0x8080808080808080;
	uint64_t word, slash;

	memcpy(&word, text, sizeof(word));
	slash = word ^ (ones * '\\');
	return ((word - ones) | word | ((slash - ones) & ~slash)) & tops;
}

/* A backslash is only legal inside of a string, so this needs no knowledge of the grammar. */
size_t json_find_bad_byte(const char *text, size_t size, const char **reason)
{
	size_t offset = 0;

	while (offset < size) {
		const char *here = text + offset;
		size_t left = size - offset, length;

		if (left >= 8 && !is_special(here)) {
			offset += 8;
			continue;
		}
		if (*here == '\\') {
			length = check_escape(here, left, reason);
		} else if (*here == '\0') {
			length = 0;
			*reason = "NUL byte";
		} else {
			length = utf8_length(here, left);
			*reason = "invalid UTF-8";
		}
		if (length == 0)
			break;
		offset += length;
	}
	return offset;
}
