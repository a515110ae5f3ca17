/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/host_ps.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

static const pid_t pids[] = { 71, 7 };

static const char *filtered(const char *output)
{
	char *text;

	err.text[0] = '\0';
	if (host_ps_filter(&arena, output, pids, ARRAY_SIZE(pids), &text, &err) < 0)
		return err.text;
	return text;
}

TEST(host_ps_keeps_the_title_and_the_lines_of_the_container)
{
	CHECK_STRING(filtered("UID   PID  PPID CMD\nroot    1     0 init\nroot   71     1 sleep 7\n"
			      "root  771     1 x\nroot    7     1 [71]\n"),
		     "UID   PID  PPID CMD\nroot   71     1 sleep 7\nroot    7     1 [71]\n");
	/* the column may be the first one or the last, and numbers fill it */
	CHECK_STRING(filtered("PID CMD\n7 a\n  71 b\n"), "PID CMD\n7 a\n  71 b\n");
	CHECK_STRING(filtered("TTY\tPID\n?\t71\n?\t72\n?\t7"), "TTY\tPID\n?\t71\n?\t7");
	arena_free(&arena);
}

TEST(host_ps_without_processes_is_the_title)
{
	char *text;

	CHECK_STRING(filtered("  PID CMD\n"), "  PID CMD\n");
	CHECK_INT(host_ps_filter(&arena, "PID\n7\n", NULL, 0, &text, &err), 0);
	CHECK_STRING(text, "PID\n");
	arena_free(&arena);
}

TEST(host_ps_lines_without_anything_are_left_out)
{
	CHECK_STRING(filtered("PID\n\n7\n \n"), "PID\n7\n");
	arena_free(&arena);
}

TEST(host_ps_needs_the_column)
{
	static const char *const titles[] = { "", "\n", "CMD\n7\n", "PPID SPID PIDS\n7 7 7\n" };

	for (size_t i = 0; i < ARRAY_SIZE(titles); i++)
		CHECK_STRING(filtered(titles[i]),
			     "ps prints no column PID: its options must ask for one");
	arena_free(&arena);
}

TEST(host_ps_refuses_blanks_in_front_of_the_column)
{
	CHECK_CONTAINS(filtered("STARTED PID\nSat Nov 21 7\n"), "-o pid,...");
	CHECK_CONTAINS(filtered("COMMAND PID\na\n"), "-o pid,...");
	CHECK_CONTAINS(filtered("PID\n7x\n"), "-o pid,...");
	CHECK_CONTAINS(filtered("PID\n99999999999999999999\n"), "-o pid,...");
	arena_free(&arena);
}

static char ps_option[] = "--no-such-option", *ps_options[] = { ps_option, NULL };

TEST(host_ps_that_is_not_there_is_enoent)
{
	char *text;

	CHECK_INT(setenv("PATH", "/nonexistent", 1), 0);
	CHECK_INT(host_ps(&arena, ps_options, pids, 0, &text, &err), -1);
	CHECK_INT(err.errnum, ENOENT);
	arena_free(&arena);
}
