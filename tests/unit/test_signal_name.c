/* SPDX-License-Identifier: Apache-2.0 */
#include "base/signal_name.h"

#include <signal.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

static struct error err;

static int parse(const char *text)
{
	int number = -1;

	return signal_parse(text, &number, &err) < 0 ? -1 : number;
}

TEST(a_signal_has_many_spellings)
{
	CHECK_INT(parse("TERM"), SIGTERM);
	CHECK_INT(parse("SIGTERM"), SIGTERM);
	CHECK_INT(parse("term"), SIGTERM);
	CHECK_INT(parse("sigterm"), SIGTERM);
	CHECK_INT(parse("15"), SIGTERM);
	CHECK_INT(parse("KILL"), 9);
	CHECK_INT(parse("9"), 9);
	CHECK_INT(parse("0"), 0);
	CHECK_INT(parse("64"), 64);
}

TEST(real_time_signals_are_numbered_as_the_kernel_does)
{
	CHECK_INT(parse("RTMIN"), 34);
	CHECK_INT(parse("SIGRTMIN+3"), 37);
	CHECK_INT(parse("rtmax-1"), 63);
	CHECK_INT(parse("RTMAX"), 64);
	CHECK_INT(parse("RTMIN+30"), 64);
	CHECK_INT(parse("RTMIN+31"), -1);
	CHECK_INT(parse("RTMAX+1"), -1);
	CHECK_INT(parse("RTMIN-1"), -1);
	CHECK_INT(parse("RTMIN+"), -1);
	CHECK_INT(parse("RTMIN+-1"), -1);
	CHECK_INT(parse("RTMIN3"), -1);
}

TEST(what_is_no_signal_is_refused_with_the_nearest)
{
	static const char *const bad[] = { "",	 "SIG", "65",	 "-1",
					   "9x", " 9",	"TERM ", "a-very-long-name" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(parse(bad[i]), -1);
	CHECK_INT(parse("SIGTREM"), -1);
	CHECK_STRING(err.text, "unknown signal 'SIGTREM' (did you mean 'TERM'?)");
}
