/* SPDX-License-Identifier: Apache-2.0 */
#include "base/number_list.h"

#include <errno.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct error err;
static unsigned long words[2];

TEST(number_lists_are_sets_of_bits)
{
	static const struct {
		const char *text;
		unsigned long low, high;
	} table[] = {
		{ "0", 1, 0 },		 { "0-3,7", 0x8f, 0 },
		{ "64", 0, 1 },		 { "63-64", 1UL << 63, 1 },
		{ "127", 0, 1UL << 63 }, { " 1 - 2 , 4 ", 0x16, 0 },
		{ ",1,,3,", 0xa, 0 },	 { "2,2-2", 4, 0 },
		{ "0\n", 1, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		if (number_list_parse(table[i].text, words, 128, &err) < 0)
			unit_fail(__FILE__, __LINE__, "'%s': %s", table[i].text, err.text);
		CHECK(words[0] == table[i].low);
		CHECK(words[1] == table[i].high);
	}
}

TEST(what_is_no_list_of_numbers_is_refused)
{
	static const char *const bad[] = { "",	   ",",	  "a",	   "1-", "-1", "3-1", "1,a", "1 2",
					   "1--2", "0x1", "1-2-3", "+1", "^1", "1;2", "all" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		if (number_list_parse(bad[i], words, 128, &err) != -1)
			unit_fail(__FILE__, __LINE__, "'%s' was taken", bad[i]);
		CHECK_INT(err.errnum, EINVAL);
	}
}

TEST(numbers_beyond_the_set_are_refused)
{
	static const char *const bad[] = { "128", "0-128", "4294967296", "0-9876543210",
					   "99999999999999999999999" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK(number_list_parse(bad[i], words, 128, &err) == -1);
		CHECK_INT(err.errnum, ERANGE);
		CHECK_CONTAINS(err.text, "127 is the highest number");
	}
}
