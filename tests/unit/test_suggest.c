/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

#include "base/macro.h"
#include "tests/unit/unit.h"

static const char *const verbs[] = {
	"create", "start", "state",  "kill",   "delete", "list", "ps",	 "run",	 "exec", "freeze",
	"thaw",	  "pause", "resume", "commit", "rm",	 "rmi",	 "stop", "wait", "logs", "check",
};

static const char *nearest(const char *word)
{
	struct suggestion suggestion = { .word = word };

	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		suggest(&suggestion, verbs[i]);
	return suggestion.best;
}

TEST(distance_counts_insertions_removals_replacements_and_swaps)
{
	CHECK_INT(suggest_distance("", "", 9), 0);
	CHECK_INT(suggest_distance("detach", "detach", 9), 0);
	CHECK_INT(suggest_distance("detatch", "detach", 9), 1);
	CHECK_INT(suggest_distance("detah", "detach", 9), 1);
	CHECK_INT(suggest_distance("detech", "detach", 9), 1);
	CHECK_INT(suggest_distance("detahc", "detach", 9), 1);
	CHECK_INT(suggest_distance("kitten", "sitting", 9), 3);
	CHECK_INT(suggest_distance("", "abc", 9), 3);
	CHECK_INT(suggest_distance("abc", "", 9), 3);
}

TEST(distance_is_the_same_both_ways)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		for (size_t j = 0; j < ARRAY_SIZE(verbs); j++)
			CHECK_INT(suggest_distance(verbs[i], verbs[j], 20),
				  suggest_distance(verbs[j], verbs[i], 20));
}

TEST(distance_stops_at_its_limit)
{
	CHECK_INT(suggest_distance("kitten", "sitting", 2), 3);
	CHECK_INT(suggest_distance("a", "zzzzzzzz", 1), 2);
}

TEST(words_over_63_letters_are_never_near)
{
	char word[65];

	memset(word, 'a', sizeof(word) - 1);
	word[64] = 0;
	CHECK_INT(suggest_distance(word, word, 3), 4);
	word[63] = 0;
	CHECK_INT(suggest_distance(word, word, 3), 0);
}

TEST(a_mistyped_verb_gets_the_nearest)
{
	CHECK_STRING(nearest("craete"), "create");
	CHECK_STRING(nearest("strat"), "start");
	CHECK_STRING(nearest("sart"), "start");
	CHECK_STRING(nearest("comit"), "commit");
	CHECK_STRING(nearest("freze"), "freeze");
	CHECK_STRING(nearest("lsit"), "list");
	CHECK_STRING(nearest("exce"), "exec");
	CHECK_STRING(nearest("rum"), "run");
	CHECK_STRING(nearest("pse"), "ps");
}

TEST(a_word_cut_short_gets_the_whole)
{
	CHECK_STRING(nearest("res"), "resume");
	CHECK_STRING(nearest("del"), "delete");
}

TEST(what_is_like_nothing_gets_nothing)
{
	CHECK(!nearest("xyzzy"));
	CHECK(!nearest(""));
	CHECK(!nearest("q"));
	CHECK(!nearest("zz"));
}
