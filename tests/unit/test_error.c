/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "tests/unit/unit.h"

/* A text of length times c. */
static const char *long_text(char c, size_t length)
{
	static char text[4096];

	memset(text, c, length);
	text[length] = '\0';
	return text;
}

TEST(error_fail_fills_number_and_text_and_returns_minus_one)
{
	struct error err;

	CHECK_INT(fail(&err, EINVAL, "mount %s: %d options", "/proc", 3), -1);
	CHECK_INT(err.errnum, EINVAL);
	CHECK_STRING(err.text, "mount /proc: 3 options");
}

TEST(error_fail_errno_adds_the_description_of_errno)
{
	struct error err;

	errno = ENOENT;
	CHECK_INT(fail_errno(&err, "open %s", "/x"), -1);
	CHECK_INT(err.errnum, ENOENT);
	CHECK_STRING(err.text, "open /x: No such file or directory");
}

TEST(error_fail_in_puts_context_in_front_from_the_inside_out)
{
	struct error err;

	errno = EACCES;
	fail_errno(&err, "open_tree");
	CHECK_INT(fail_in(&err, "mount %s", "/proc"), -1);
	fail_in(&err, "create web");
	CHECK_STRING(err.text, "create web: mount /proc: open_tree: Permission denied");
	CHECK_INT(err.errnum, EACCES);
}

TEST(error_fail_in_may_quote_the_error_itself)
{
	struct error err;

	fail(&err, EINVAL, "inner");
	fail_in(&err, "outer");
	CHECK_STRING(err.text, "outer: inner");
}

TEST(error_long_texts_are_truncated_and_end_with_nul)
{
	struct error err;

	memset(&err, 'x', sizeof(err));
	fail(&err, EINVAL, "%s", long_text('a', 2000));
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	fail_in(&err, "%s", "context");
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	CHECK(!strncmp(err.text, "context: aaa", 12));
	errno = ENOENT;
	fail_errno(&err, "%s", long_text('b', 2000));
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	CHECK_INT(err.errnum, ENOENT);
}

TEST(error_reason_is_whole_however_long_the_context)
{
	struct error err;

	for (size_t length = sizeof(err.text) - 30; length < sizeof(err.text) + 4; length++) {
		errno = ENOENT;
		fail_errno(&err, "open %s", long_text('p', length));
		CHECK(!strncmp(err.text, "open ppp", 8));
		CHECK_CONTAINS(err.text, "p: No such file or directory");
		fail_in(&err, "%s", long_text('c', length));
		CHECK(!strncmp(err.text, "cccc", 4));
		CHECK_CONTAINS(err.text, "p: No such file or directory");
		CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
		CHECK_INT(err.errnum, ENOENT);
	}
}

TEST(error_long_context_leaves_a_short_reason_alone)
{
	struct error err;

	for (size_t length = sizeof(err.text) - 8; length < sizeof(err.text) + 4; length++) {
		fail(&err, EINVAL, "inner");
		fail_in(&err, "%s", long_text('c', length));
		CHECK_CONTAINS(err.text, "c: inner");
		CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
	}
}

TEST(error_long_reason_keeps_its_end_behind_the_outermost_place)
{
	struct error err;

	fail(&err, EINVAL, "%s", long_text('r', 2000));
	memcpy(err.text + sizeof(err.text) - 5, "end.", 5);
	for (int i = 0; i < 5; i++)
		fail_in(&err, "place %d", i);
	CHECK(!strncmp(err.text, "place 4: ", 9));
	CHECK_CONTAINS(err.text, "rrrend.");
	CHECK_INT(strlen(err.text), sizeof(err.text) - 1);
}
