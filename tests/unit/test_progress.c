/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/progress.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static const char *format(const struct progress_view *view, unsigned columns)
{
	static char text[600];

	progress_format(view, columns, text, sizeof(text));
	return text;
}

static const struct progress_view halfway = {
	.name = "app:1",
	.done = 50 << 20,
	.total = 100 << 20,
	.rate = 10 << 20,
	.elapsed = 5,
};

TEST(a_line_has_name_bar_bytes_rate_and_time_left)
{
	CHECK_STRING(format(&halfway, 79), "app:1 [==========>          ]  50%  50.0 MiB of "
					   "100.0 MiB  10.0 MiB/s  ETA 0:05");
}

TEST(the_bar_grows_with_the_terminal_and_ends)
{
	CHECK_STRING(format(&halfway, 200),
		     "app:1 [===================>                  ]  50%  50.0 MiB of 100.0 MiB  "
		     "10.0 MiB/s  ETA 0:05");
}

TEST(no_line_is_wider_than_the_terminal)
{
	struct progress_view view = halfway;

	view.name = "registry.example.org/a/rather/long/name/of/an/image:with-a-tag";
	for (unsigned columns = 1; columns < 200; columns++)
		CHECK(strlen(format(&view, columns)) <= columns);
	view.name = "x";
	for (unsigned columns = 1; columns < 200; columns++)
		CHECK(strlen(format(&view, columns)) <= columns);
	view.name = "";
	for (unsigned columns = 1; columns < 200; columns++)
		CHECK(strlen(format(&view, columns)) <= columns);
}

TEST(a_long_name_is_cut_before_the_numbers)
{
	struct progress_view view = halfway;

	view.name = "registry.example.org/a/rather/long/name/of/an/image:with-a-tag";
	CHECK_STRING(format(&view, 79), "registry.example.~ [====>   ]  50%  50.0 MiB of "
					"100.0 MiB  10.0 MiB/s  ETA 0:05");
	view.name = "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6\xc3\xbc";
	view.total = 0;
	CHECK_STRING(format(&view, 34), "\xc3\xa4\xc3\xb6\xc3\xbc\xc3\xa4\xc3\xb6~  50.0 MiB  "
					"10.0 MiB/s  0:05");
}

TEST(without_a_total_there_is_no_bar_but_the_time_that_it_took)
{
	struct progress_view view = { .name = "-", .done = 1000, .elapsed = 3725 };

	CHECK_STRING(format(&view, 79), "-  1000 B  1:02:05");
}

TEST(more_than_the_total_is_all_of_it)
{
	struct progress_view view = { .name = "x", .done = 200, .total = 100, .rate = 5 };

	CHECK_CONTAINS(format(&view, 60), "=] 100%  200 B of 100 B  5 B/s");
}

TEST(all_is_shown_at_the_end_only)
{
	struct progress_view view = { .name = "x", .done = 9999999, .total = 10000000 };

	CHECK_CONTAINS(format(&view, 60), ">]  99%");
}

TEST(a_time_that_nobody_waits_for)
{
	struct progress_view view = { .name = "x", .done = 1, .total = UINT64_MAX, .rate = 1 };

	CHECK_CONTAINS(format(&view, 100), "ETA >99h");
}

TEST(the_rate_follows_a_change)
{
	double rate = progress_rate(0, 1000, 1);

	CHECK_INT((long long)rate, 1000);
	for (int i = 0; i < 20; i++)
		rate = progress_rate(rate, 500, 1);
	CHECK(rate > 499 && rate < 502);
}

/*
 * What comes out of a terminal, until it is as much as was expected: the kernel hands it over in
 * its own time.
 */
static const char *read_terminal(int terminal, size_t expected)
{
	static char text[4096];
	struct pollfd event = { .fd = terminal, .events = POLLIN };
	size_t length = 0;

	while (length < expected && poll(&event, 1, 5000) > 0) {
		ssize_t size = read(terminal, text + length, sizeof(text) - 1 - length);

		if (size <= 0)
			break;
		length += (size_t)size;
	}
	text[length] = '\0';
	return text;
}

/* Makes a new terminal that descriptor 9 is on, and which the line is told to use. */
static int open_terminal(void)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC), slave;

	CHECK(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
	slave = open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
	CHECK(dup2(slave, 9) == 9);
	close(slave);
	setenv(PROGRESS_VARIABLE, "9", 1);
	setenv("TERM", "xterm", 1);
	return terminal;
}

TEST(the_line_is_drawn_and_erased)
{
	static const char drawn[] = "\ra?b [>                                     ]   "
				    "0%  0 B of 100 B\033[K\r\033[K";
	int terminal = open_terminal();
	struct progress_line line;
	struct progress *progress = progress_line_open(&line, false);

	CHECK(progress == &line.progress);
	progress_begin(progress, "a\033b", 100);
	progress_add(progress, 50);
	progress_line_close(&line);
	progress_line_close(&line);
	CHECK_STRING(read_terminal(terminal, strlen(drawn)), drawn);
	close(terminal);
	close(9);
}

TEST(nothing_is_drawn_when_quiet_or_without_a_terminal_that_can)
{
	int terminal = open_terminal(), slave;
	struct progress_line line;

	CHECK(!progress_line_open(&line, true));
	progress_line_close(&line);
	setenv("TERM", "dumb", 1);
	CHECK(!progress_line_open(&line, false));
	progress_line_close(&line);
	unsetenv("TERM");
	CHECK(!progress_line_open(&line, false));
	progress_line_close(&line);
	setenv("TERM", "xterm", 1);
	close(9);
	CHECK(!progress_line_open(&line, false));
	progress_line_close(&line);
	/* of nobody nothing is told */
	progress_begin(NULL, "x", 1);
	progress_add(NULL, 1);
	/* what was drawn would come before this */
	slave = open(ptsname(terminal), O_WRONLY | O_NOCTTY | O_CLOEXEC);
	CHECK(write(slave, "end", 3) == 3);
	CHECK_STRING(read_terminal(terminal, 3), "end");
	close(slave);
	close(terminal);
}
