/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/option.h"

#include <errno.h>
#include <stdlib.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

enum color { RED, GREEN, BLUE };

struct values {
	bool detach, interactive, no_subreaper, bundles;
	const char *bundle;
	char *mount_context;
	struct string_list env;
	int fds;
	uint64_t size;
	int64_t timeout;
	enum color color;
	struct opt_int quota, memory;
	bool systemd;
};

static const char *const colors[] = { "red", "green", "blue", NULL };

static const struct option rows[] = {
	OPTION_FLAG('d', "detach", struct values, detach, "leave it running"),
	OPTION_FLAG('i', "interactive", struct values, interactive, "keep stdin"),
	OPTION_FLAG(0, "no-subreaper", struct values, no_subreaper, "accepted"),
	OPTION_STRING('b', "bundle", "DIR", struct values, bundle, "the bundle"),
	OPTION_STRING(0, "lsm-mount-context", "LABEL", struct values, mount_context, "a label"),
	OPTION_STRINGS('e', "env", "NAME=VALUE", struct values, env, "a variable"),
	OPTION_INT(0, "preserve-fds", "N", struct values, fds, 0, 1000, "hand on N descriptors"),
	OPTION_SIZE('m', "memory", "BYTES", struct values, size, "at most that"),
	OPTION_DURATION('t', "time", "SECONDS", struct values, timeout, "how long"),
	OPTION_NUMBER(0, "quota", "N", struct values, quota, "any number"),
	OPTION_LIMIT(0, "limit", "BYTES", struct values, memory, "a size or none"),
	OPTION_WORD(0, "color", "COLOR", struct values, color, colors, "which"),
};

static const struct option global_rows[] = {
	OPTION_FLAG(0, "systemd-cgroup", struct values, systemd, "not yet"),
};

static struct values values, globals;
static struct arena arena;
static struct error err;
static char *words[32], **rest;

/* Parses the words, which end with NULL; rest is then the vector of the positionals. */
static int parse(enum option_order order, const char *const *given)
{
	const struct option_table tables[] = {
		{ rows, ARRAY_SIZE(rows), &values },
		{ global_rows, ARRAY_SIZE(global_rows), &globals },
	};
	size_t count = 0;

	arena_free(&arena);
	values = (struct values){ .timeout = -7, .fds = -7 };
	globals = (struct values){ 0 };
	err = (struct error){ 0 };
	while (given[count]) {
		words[count] = arena_strdup(&arena, given[count]);
		count++;
	}
	words[count] = NULL;
	rest = words;
	return options_parse(tables, ARRAY_SIZE(tables), order, &arena, &rest, &err);
}

#define PARSE(...) parse(OPTIONS_ANYWHERE, (const char *const[]){ __VA_ARGS__, NULL })
#define PARSE_FIRST(...) parse(OPTIONS_FIRST, (const char *const[]){ __VA_ARGS__, NULL })

TEST(nothing_given_leaves_the_defaults)
{
	CHECK_INT(parse(OPTIONS_ANYWHERE, (const char *const[]){ NULL }), 0);
	CHECK_INT(values.timeout, -7);
	CHECK_INT(values.fds, -7);
	CHECK(!values.detach && !values.bundle && !values.env.items);
	CHECK(!rest[0]);
}

TEST(a_value_is_taken_in_every_form)
{
	CHECK_INT(PARSE("--bundle=/b", "id"), 1);
	CHECK_STRING(values.bundle, "/b");
	CHECK_INT(PARSE("--bundle", "/b", "id"), 1);
	CHECK_STRING(values.bundle, "/b");
	CHECK_INT(PARSE("-b", "/b", "id"), 1);
	CHECK_STRING(values.bundle, "/b");
	CHECK_INT(PARSE("-b/b", "id"), 1);
	CHECK_STRING(values.bundle, "/b");
	CHECK_INT(PARSE("-b=/b", "id"), 1);
	CHECK_STRING(values.bundle, "/b");
	CHECK_INT(PARSE("-bundle", "/b", "id"), 1);
	CHECK_STRING(values.bundle, "/b");
	CHECK_INT(PARSE("-bundle=/b", "id"), 1);
	CHECK_STRING(values.bundle, "/b");
	CHECK_STRING(rest[0], "id");
}

TEST(a_value_may_look_like_an_option_or_be_empty)
{
	CHECK_INT(PARSE("--bundle", "--detach"), 0);
	CHECK_STRING(values.bundle, "--detach");
	CHECK(!values.detach);
	CHECK_INT(PARSE("--bundle="), 0);
	CHECK_STRING(values.bundle, "");
	CHECK_INT(PARSE("--bundle", ""), 0);
	CHECK_STRING(values.bundle, "");
	CHECK_INT(PARSE("-e", "A=B=C", "--env=X="), 0);
	CHECK_STRING(values.env.items[0], "A=B=C");
	CHECK_STRING(values.env.items[1], "X=");
}

TEST(flags_are_grouped_and_end_with_a_value)
{
	CHECK_INT(PARSE("-di", "id"), 1);
	CHECK(values.detach && values.interactive);
	CHECK_INT(PARSE("-dit", "5", "id"), 1);
	CHECK(values.detach && values.interactive);
	CHECK_INT(values.timeout, 5000);
	CHECK_INT(PARSE("-it5", "id"), 1);
	CHECK(values.interactive);
	CHECK_INT(values.timeout, 5000);
}

TEST(long_options_take_a_single_dash)
{
	CHECK_INT(PARSE("-no-subreaper", "-detach", "id"), 1);
	CHECK(values.no_subreaper && values.detach);
	CHECK_STRING(rest[0], "id");
}

TEST(flags_take_true_and_false)
{
	CHECK_INT(PARSE("--detach=true"), 0);
	CHECK(values.detach);
	CHECK_INT(PARSE("--detach", "--detach=false"), 0);
	CHECK(!values.detach);
	CHECK_INT(PARSE("-d=0"), 0);
	CHECK(!values.detach);
	CHECK_INT(PARSE("--detach=maybe"), -1);
	CHECK_STRING(err.text, "option '--detach': true or false expected, not 'maybe'");
	CHECK_INT(PARSE("--detach="), -1);
	/* A flag never takes the next argument. */
	CHECK_INT(PARSE("--detach", "false"), 1);
	CHECK(values.detach);
}

TEST(of_an_option_given_twice_the_last_counts_and_lists_collect)
{
	CHECK_INT(PARSE("-b", "1", "--bundle=2", "-bundle", "3"), 0);
	CHECK_STRING(values.bundle, "3");
	CHECK_INT(PARSE("-e", "a", "x", "-eb", "--env", "c"), 1);
	CHECK_INT(values.env.count, 3);
	CHECK_STRING(values.env.items[0], "a");
	CHECK_STRING(values.env.items[1], "b");
	CHECK_STRING(values.env.items[2], "c");
	CHECK(!values.env.items[3]);
}

TEST(options_are_taken_behind_positionals)
{
	CHECK_INT(PARSE("one", "-d", "two", "--bundle=x", "three"), 3);
	CHECK(values.detach);
	CHECK_STRING(rest[0], "one");
	CHECK_STRING(rest[1], "two");
	CHECK_STRING(rest[2], "three");
	CHECK(!rest[3]);
}

TEST(with_options_first_the_rest_stays_as_it_is)
{
	CHECK_INT(PARSE_FIRST("-d", "id", "ls", "-d", "--bundle", "--", "x"), 6);
	CHECK(values.detach);
	CHECK(!values.bundle);
	CHECK_STRING(rest[0], "id");
	CHECK_STRING(rest[2], "-d");
	CHECK_STRING(rest[4], "--");
	CHECK(rest == words + 1);
	CHECK_INT(PARSE_FIRST("-d", "--", "-id", "x"), 2);
	CHECK_STRING(rest[0], "-id");
	CHECK_INT(PARSE_FIRST("--"), 0);
}

TEST(two_dashes_end_the_options)
{
	CHECK_INT(PARSE("a", "--", "-d", "--", "--bundle"), 4);
	CHECK(!values.detach);
	CHECK_STRING(rest[0], "a");
	CHECK_STRING(rest[1], "-d");
	CHECK_STRING(rest[2], "--");
	CHECK_STRING(rest[3], "--bundle");
}

TEST(a_dash_alone_is_a_positional)
{
	CHECK_INT(PARSE("-", "-d"), 1);
	CHECK_STRING(rest[0], "-");
	CHECK(values.detach);
	CHECK_INT(PARSE("-b", "-"), 0);
	CHECK_STRING(values.bundle, "-");
}

TEST(the_second_table_is_looked_up_too)
{
	CHECK_INT(PARSE("id", "--systemd-cgroup", "-d"), 1);
	CHECK(globals.systemd && !values.systemd && values.detach);
	CHECK_INT(PARSE("--systemd-cgroup=false", "--systemd-cgroup=true"), 0);
	CHECK(globals.systemd);
}

TEST(an_unknown_option_gets_the_nearest)
{
	CHECK_INT(PARSE("--detatch"), -1);
	CHECK_STRING(err.text, "unknown option '--detatch' (did you mean '--detach'?)");
	CHECK_INT(PARSE("--detatch=yes"), -1);
	CHECK_STRING(err.text, "unknown option '--detatch' (did you mean '--detach'?)");
	CHECK_INT(PARSE("-no-subreapr"), -1);
	CHECK_STRING(err.text, "unknown option '--no-subreapr' (did you mean '--no-subreaper'?)");
	CHECK_INT(PARSE("--preserve"), -1);
	CHECK_CONTAINS(err.text, "did you mean '--preserve-fds'?");
	CHECK_INT(PARSE("--systemd-cgroups"), -1);
	CHECK_CONTAINS(err.text, "did you mean '--systemd-cgroup'?");
	CHECK_INT(PARSE("--quite-another-thing"), -1);
	CHECK_STRING(err.text, "unknown option '--quite-another-thing'");
	CHECK_INT(PARSE("-x"), -1);
	CHECK_STRING(err.text, "unknown option '-x'");
	CHECK_INT(PARSE("-dx"), -1);
	CHECK_STRING(err.text, "unknown option '-x'");
	CHECK_INT(PARSE("--="), -1);
	CHECK_INT(PARSE("-="), -1);
	CHECK_INT(err.errnum, EINVAL);
}

TEST(a_name_that_is_only_the_start_of_one_is_unknown)
{
	CHECK_INT(PARSE("--det"), -1);
	CHECK_INT(PARSE("--detachx"), -1);
}

TEST(a_very_long_unknown_option_is_cut_in_the_message)
{
	char name[1000];

	memset(name, 'x', sizeof(name));
	memcpy(name, "--", 2);
	name[sizeof(name) - 1] = 0;
	CHECK_INT(PARSE(name), -1);
	CHECK(strlen(err.text) < 100);
}

TEST(a_missing_argument_is_named_as_the_engines_want)
{
	CHECK_INT(PARSE("--lsm-mount-context"), -1);
	CHECK_CONTAINS(err.text, "flag needs an argument");
	CHECK_CONTAINS(err.text, "'--lsm-mount-context' requires an argument");
	CHECK_INT(PARSE("-db"), -1);
	CHECK_CONTAINS(err.text, "'-b' requires an argument DIR");
}

TEST(numbers_have_their_range)
{
	CHECK_INT(PARSE("--preserve-fds=0"), 0);
	CHECK_INT(values.fds, 0);
	CHECK_INT(PARSE("--preserve-fds", "1000"), 0);
	CHECK_INT(values.fds, 1000);
	CHECK_INT(PARSE("--preserve-fds", "1001"), -1);
	CHECK_STRING(err.text,
		     "option '--preserve-fds': a number from 0 to 1000 expected, not '1001'");
	CHECK_INT(PARSE("--preserve-fds=-1"), -1);
	CHECK_INT(PARSE("--preserve-fds="), -1);
	CHECK_INT(PARSE("--preserve-fds= 3"), -1);
	CHECK_INT(PARSE("--preserve-fds=3x"), -1);
	CHECK_INT(PARSE("--preserve-fds=99999999999999999999"), -1);
	CHECK_INT(PARSE("--preserve-fds=4294967297"), -1);
}

TEST(sizes_have_units)
{
	static const struct {
		const char *text;
		long long bytes;
	} good[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "4096b", 4096 },
		{ "1k", 1024 },
		{ "64M", 64LL << 20 },
		{ "64mb", 64LL << 20 },
		{ "10GiB", 10LL << 30 },
		{ "2t", 2LL << 40 },
		{ "1p", 1LL << 50 },
	};
	static const char *const bad[] = {
		"",
		"k",
		"-1",
		"1.5g",
		"1gg",
		"1ki b",
		"1i",
		"x",
		"1 k",
		"16384p",
		"99999999999999999999",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_INT(PARSE("-m", good[i].text), 0);
		CHECK_INT((long long)values.size, good[i].bytes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(PARSE("-m", bad[i]), -1);
}

TEST(durations_have_units)
{
	static const struct {
		const char *text;
		long long milliseconds;
	} good[] = {
		{ "0", 0 },	  { "10", 10000 },	    { "1.5", 1500 },	 { "5s", 5000 },
		{ "100ms", 100 }, { "1m", 60000 },	    { "1m30s", 90000 },	 { "2h", 7200000 },
		{ "0.25s", 250 }, { "1h2m3s4ms", 3723004 }, { "1.0009s", 1000 },
	};
	static const char *const bad[] = {
		"", "s", "-1", "5x", "1m30", "5 s", ".5", "1..5", "99999999999999999h",
	};

	for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
		CHECK_INT(PARSE("-t", good[i].text), 0);
		CHECK_INT(values.timeout, good[i].milliseconds);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		CHECK_INT(PARSE("-t", bad[i]), -1);
		CHECK_INT(values.timeout, -7);
	}
}

TEST(words_are_one_of_their_list)
{
	CHECK_INT(PARSE("--color=green"), 0);
	CHECK_INT(values.color, GREEN);
	CHECK_INT(PARSE("--color", "pink"), -1);
	CHECK_STRING(err.text, "option '--color': one of red, green, blue expected, not 'pink'");
	CHECK_INT(PARSE("--color="), -1);
}

TEST(help_is_aligned)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	options_print(out, rows, 5);
	fclose(out);
	CHECK_STRING(text, "  -d, --detach                   leave it running\n"
			   "  -i, --interactive              keep stdin\n"
			   "      --no-subreaper             accepted\n"
			   "  -b, --bundle DIR               the bundle\n"
			   "      --lsm-mount-context LABEL  a label\n");
	free(text);
}

TEST(option_of_an_optional_number_tells_zero_from_absent)
{
	CHECK_INT(PARSE("--quota", "-1"), 0);
	CHECK(values.quota.set && values.quota.value == -1 && !values.memory.set);
	CHECK_INT(PARSE("--limit=50M", "--quota=9007199254740993"), 0);
	CHECK(values.memory.set && values.memory.value == 50 << 20);
	CHECK(values.quota.value == 9007199254740993);
	CHECK_INT(PARSE("--limit", "-1"), 0);
	CHECK_INT(values.memory.value, -1);
	CHECK_INT(PARSE("--limit", "-2"), -1);
	CHECK_STRING(err.text,
		     "option '--limit': a size (4096, 64k, 10m, 1g) or -1 expected, not '-2'");
	CHECK_INT(PARSE("--quota=1e3"), -1);
	CHECK_STRING(err.text, "option '--quota': a number expected, not '1e3'");
}
