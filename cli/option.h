/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "specs/optional.h"

/*
 * Option tables: a command's options are rows { letter, name, ARGUMENT, help, kind, member }, and
 * the parser, --help, the shells' completion and the check of the man page all read those rows.
 *
 *	struct stop_options { int64_t timeout; bool all; };
 *	static struct stop_options stop_options = { .timeout = 10000 };
 *	static const struct option stop_rows[] = {
 *		OPTION_FLAG('a', "all", struct stop_options, all, "all containers"),
 *		OPTION_DURATION('t', "time", "SECONDS", struct stop_options, timeout, "..."),
 *	};
 *
 * The default of an option is what its member holds before options_parse(). Each macro checks at
 * compile time that the member has the kind's type. Of an option given twice the last one counts.
 */

enum option_kind {
	OPTION_IS_FLAG,	    /* bool; "--flag", "--flag=true", "--flag=false" */
	OPTION_IS_STRING,   /* const char * or char *: the text in argv itself */
	OPTION_IS_STRINGS,  /* struct string_list: one item each time it is given */
	OPTION_IS_INT,	    /* int from min to max */
	OPTION_IS_SIZE,	    /* uint64_t bytes; "64m", "1GiB": units are powers of 1024 */
	OPTION_IS_DURATION, /* int64_t milliseconds; "5s", "1m30s", "100ms", a bare "5": seconds */
	OPTION_IS_NUMBER,   /* struct opt_int: any whole number */
	OPTION_IS_LIMIT,    /* struct opt_int: a size, or -1: no limit */
	OPTION_IS_WORD,	    /* int or enum: the index in words of the one given */
};

/*
 * A program without help (ctr itself, whose --help is ctr-more's) has no such texts. Names are in
 * the row and not pointed to: each pointer is a relocation at every start.
 */
#ifdef CTR_WITHOUT_HELP
#define HELP(text) NULL
#else
#define HELP(text) text
#endif

struct option {
	char letter;	   /* 0: none */
	char name[23];	   /* without dashes */
	char argument[28]; /* its name in --help; empty: takes none */
	enum option_kind kind;
	uint32_t offset;	  /* of the member in the table's values */
	int min, max;		  /* OPTION_IS_INT */
	const char *help;	  /* one phrase without a final period */
	const char *const *words; /* OPTION_IS_WORD: ends with NULL */
};

#define OPTION_MEMBER_IS(type, member, wanted)                                                     \
	__builtin_types_compatible_p(__typeof__(((type *)0)->member), wanted)
#define OPTION_FITS(text, member) (sizeof(text) <= sizeof(((struct option *)0)->member))
#define OPTION_ROW(row_kind, letter_, name_, argument_, type, member, right_type, help_)           \
	.letter = (letter_), .name = name_, .argument = argument_, .kind = (row_kind),             \
	.help = HELP(help_),                                                                       \
	.offset = offsetof(type, member) +                                                         \
		  0 * sizeof(char[(right_type) && OPTION_FITS(name_, name) &&                      \
						  OPTION_FITS(argument_, argument)                 \
					  ? 1                                                      \
					  : -1])

#define OPTION_FLAG(letter_, name_, type, member, help_)                                           \
	{                                                                                          \
		OPTION_ROW(OPTION_IS_FLAG, letter_, name_, "", type, member,                       \
			   OPTION_MEMBER_IS(type, member, bool), help_)                            \
	}
#define OPTION_STRING(letter_, name_, argument_, type, member, help_)                              \
	{                                                                                          \
		OPTION_ROW(OPTION_IS_STRING, letter_, name_, argument_, type, member,              \
			   OPTION_MEMBER_IS(type, member, const char *) ||                         \
				   OPTION_MEMBER_IS(type, member, char *),                         \
			   help_)                                                                  \
	}
#define OPTION_STRINGS(letter_, name_, argument_, type, member, help_)                             \
	{                                                                                          \
		OPTION_ROW(OPTION_IS_STRINGS, letter_, name_, argument_, type, member,             \
			   OPTION_MEMBER_IS(type, member, struct string_list), help_)              \
	}
#define OPTION_INT(letter_, name_, argument_, type, member, min_, max_, help_)                     \
	{                                                                                          \
		OPTION_ROW(OPTION_IS_INT, letter_, name_, argument_, type, member,                 \
			   OPTION_MEMBER_IS(type, member, int), help_),                            \
			.min = min_, .max = max_                                                   \
	}
#define OPTION_SIZE(letter_, name_, argument_, type, member, help_)                                \
	{                                                                                          \
		OPTION_ROW(OPTION_IS_SIZE, letter_, name_, argument_, type, member,                \
			   OPTION_MEMBER_IS(type, member, uint64_t), help_)                        \
	}
#define OPTION_DURATION(letter_, name_, argument_, type, member, help_)                            \
	{                                                                                          \
		OPTION_ROW(OPTION_IS_DURATION, letter_, name_, argument_, type, member,            \
			   OPTION_MEMBER_IS(type, member, int64_t), help_)                         \
	}
#define OPTION_NUMBER(letter_, name_, argument_, type, member, help_)                              \
	{                                                                                          \
		OPTION_ROW(OPTION_IS_NUMBER, letter_, name_, argument_, type, member,              \
			   OPTION_MEMBER_IS(type, member, struct opt_int), help_)                  \
	}
#define OPTION_LIMIT(letter_, name_, argument_, type, member, help_)                               \
	{                                                                                          \
		OPTION_ROW(OPTION_IS_LIMIT, letter_, name_, argument_, type, member,               \
			   OPTION_MEMBER_IS(type, member, struct opt_int), help_)                  \
	}
#define OPTION_WORD(letter_, name_, argument_, type, member, words_, help_)                        \
	{                                                                                          \
		OPTION_ROW(OPTION_IS_WORD, letter_, name_, argument_, type, member,                \
			   sizeof(((type *)0)->member) == sizeof(int), help_),                     \
			.words = words_                                                            \
	}

/* Rows and the structure that they fill. */
struct option_table {
	const struct option *options;
	size_t count;
	void *values;
};

enum option_order {
	OPTIONS_ANYWHERE, /* between and behind positionals too */
	OPTIONS_FIRST,	  /* from the first positional on all is taken as it is (run, exec) */
};

/*
 * Parses *args, which ends with NULL. Understood are --name=value, --name value, -x value, -xvalue,
 * grouped flags (-it), long names with a single dash (-name value, as Go programs write them), and
 * "--" as the end of options. An option is looked up in the tables in their order.
 *
 * Returns the number of positionals, *args then being the vector of these, ended by NULL: with
 * OPTIONS_ANYWHERE they were moved together in place, with OPTIONS_FIRST it is the rest of the
 * vector untouched. Errors (EINVAL) name the option, and the nearest match of an unknown one.
 */
int options_parse(const struct option_table *tables, size_t table_count, enum option_order order,
		  struct arena *arena, char ***args, struct error *err);

/* Prints one line for each option, aligned: "  -d, --detach   help". */
void options_print(FILE *out, const struct option *options, size_t count);
