/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/option.h"

#include <errno.h>
#include <string.h>

#include "base/suggest.h"
#include "base/value.h"

/* The state of one options_parse(). */
struct parser {
	const struct option_table *tables;
	size_t table_count;
	struct arena *arena;
	char **next; /* the argument behind the one that is looked at */
};

/* An option that was met: its row and where its value goes. */
struct met {
	const struct option *option;
	void *member;
	char shown[72]; /* how the user wrote it, for messages */
};

static bool is_named(const struct option *option, const char *name, size_t length)
{
	return !strncmp(option->name, name, length) && !option->name[length];
}

/* Looks for a row by its letter, or if that is 0 by name. */
static bool find(const struct parser *parser, char letter, const char *name, size_t length,
		 struct met *met)
{
	for (size_t t = 0; t < parser->table_count; t++) {
		const struct option_table *table = &parser->tables[t];

		for (size_t i = 0; i < table->count; i++) {
			const struct option *option = &table->options[i];

			if (letter ? option->letter != letter : !is_named(option, name, length))
				continue;
			met->option = option;
			met->member = (char *)table->values + option->offset;
			if (letter)
				snprintf(met->shown, sizeof(met->shown), "-%c", letter);
			else
				snprintf(met->shown, sizeof(met->shown), "--%s", option->name);
			return true;
		}
	}
	return false;
}

static int fail_unknown(const struct parser *parser, const char *name, size_t length,
			struct error *err)
{
	char word[64];
	struct suggestion suggestion = { .word = word };

	snprintf(word, sizeof(word), "%.*s", (int)(length < 63 ? length : 63), name);
	for (size_t t = 0; t < parser->table_count; t++)
		for (size_t i = 0; i < parser->tables[t].count; i++)
			suggest(&suggestion, parser->tables[t].options[i].name);
	if (suggestion.best)
		return fail(err, EINVAL, "unknown option '--%s' (did you mean '--%s'?)", word,
			    suggestion.best);
	return fail(err, EINVAL, "unknown option '--%s'", word);
}

static int fail_value(const struct met *met, const char *value, const char *expected,
		      struct error *err)
{
	return fail(err, EINVAL, "option '%s': %s expected, not '%s'", met->shown, expected, value);
}

static void append(struct arena *arena, struct string_list *list, char *item)
{
	/* The copies left behind are short, and lists of options too. */
	char **items = arena_array(arena, char *, list->count + 2);

	if (list->count)
		memcpy(items, list->items, list->count * sizeof(*items));
	items[list->count++] = item;
	list->items = items;
}

static int store_word(const struct met *met, const char *value, struct error *err)
{
	const char *const *words = met->option->words;
	char expected[256] = "one of";
	size_t length = strlen(expected);

	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], value)) {
			*(int *)met->member = i;
			return 0;
		}
		if (length < sizeof(expected))
			length += (size_t)snprintf(expected + length, sizeof(expected) - length,
						   "%s %s", i ? "," : "", words[i]);
	}
	return fail_value(met, value, expected, err);
}

static int store_int(const struct met *met, const char *value, struct error *err)
{
	char expected[64];

	if (value_parse_int(value, met->option->min, met->option->max, met->member) >= 0)
		return 0;
	snprintf(expected, sizeof(expected), "a number from %d to %d", met->option->min,
		 met->option->max);
	return fail_value(met, value, expected, err);
}

/* A number of struct opt_int; a limit may be written as a size. */
static int store_optional(const struct met *met, const char *value, struct error *err)
{
	struct opt_int *member = met->member;
	bool is_limit = met->option->kind == OPTION_IS_LIMIT && strcmp(value, "-1") != 0;
	uint64_t bytes;

	member->set = true;
	if (!is_limit && value_parse_number(value, &member->value) >= 0)
		return 0;
	if (is_limit && value_parse_size(value, &bytes) >= 0 && bytes <= INT64_MAX) {
		member->value = (int64_t)bytes;
		return 0;
	}
	return fail_value(met, value, is_limit ? "a size (4096, 64k, 10m, 1g) or -1" : "a number",
			  err);
}

static int store(const struct parser *parser, const struct met *met, char *value, struct error *err)
{
	switch (met->option->kind) {
	case OPTION_IS_FLAG:
		*(bool *)met->member = true;
		if (value && value_parse_bool(value, met->member) < 0)
			return fail_value(met, value, "true or false", err);
		return 0;
	case OPTION_IS_STRING:
		*(char **)met->member = value;
		return 0;
	case OPTION_IS_STRINGS:
		append(parser->arena, met->member, value);
		return 0;
	case OPTION_IS_INT:
		return store_int(met, value, err);
	case OPTION_IS_SIZE:
		if (value_parse_size(value, met->member) < 0)
			return fail_value(met, value, "a size (4096, 64k, 10m, 1g)", err);
		return 0;
	case OPTION_IS_DURATION:
		if (value_parse_duration(value, met->member) < 0)
			return fail_value(met, value, "a duration (10, 1.5s, 2m, 100ms)", err);
		return 0;
	case OPTION_IS_NUMBER:
	case OPTION_IS_LIMIT:
		return store_optional(met, value, err);
	case OPTION_IS_WORD:
		return store_word(met, value, err);
	}
	return fail(err, EINVAL, "option '%s': a row of unknown kind", met->shown);
}

/* Stores value, or if that is NULL and the option needs one, the next argument. */
static int take(struct parser *parser, const struct met *met, char *value, struct error *err)
{
	if (!value && met->option->kind != OPTION_IS_FLAG) {
		/* podman and CRI-O each look for one of these two phrases. */
		if (!*parser->next)
			return fail(err, EINVAL,
				    "flag needs an argument: option '%s' requires an argument %s",
				    met->shown, met->option->argument);
		value = *parser->next++;
	}
	return store(parser, met, value, err);
}

static char *behind_equals(char *text)
{
	char *equals = strchr(text, '=');

	return equals ? equals + 1 : NULL;
}

/* "-x", "-xvalue", "-x=value", "-abc": every flag of a group, and one with a value at its end. */
static int parse_letters(struct parser *parser, char *letters, struct error *err)
{
	struct met met;

	for (char *letter = letters; *letter; letter++) {
		char *rest = letter + 1;

		if (!find(parser, *letter, NULL, 0, &met)) {
			/* "-detatch" is meant as a long option, "-itx" as letters. */
			if (letter == letters && strlen(letters) > 2)
				return fail_unknown(parser, letters, strcspn(letters, "="), err);
			return fail(err, EINVAL, "unknown option '-%c'", *letter);
		}
		if (met.option->kind == OPTION_IS_FLAG && *rest != '=') {
			if (take(parser, &met, NULL, err) < 0)
				return -1;
			continue;
		}
		return take(parser, &met, *rest ? rest + (*rest == '=') : NULL, err);
	}
	return 0;
}

static int parse_option(struct parser *parser, char *argument, struct error *err)
{
	bool is_long = argument[1] == '-';
	char *name = argument + 1 + is_long;
	size_t length = strcspn(name, "=");
	struct met met;

	/* A single dash before a whole name is how Go programs write it: "-no-subreaper". */
	if ((is_long || length > 1) && find(parser, 0, name, length, &met))
		return take(parser, &met, behind_equals(name), err);
	if (is_long)
		return fail_unknown(parser, name, length, err);
	return parse_letters(parser, name, err);
}

int options_parse(const struct option_table *tables, size_t table_count, enum option_order order,
		  struct arena *arena, char ***args, struct error *err)
{
	struct parser parser = {
		.tables = tables,
		.table_count = table_count,
		.arena = arena,
		.next = *args,
	};
	char **positionals = *args;
	int count = 0;

	while (*parser.next) {
		char *argument = *parser.next;

		if (!strcmp(argument, "--")) {
			parser.next++;
			break;
		}
		if (argument[0] != '-' || !argument[1]) {
			if (order == OPTIONS_FIRST)
				break;
			positionals[count++] = argument;
			parser.next++;
			continue;
		}
		parser.next++;
		if (parse_option(&parser, argument, err) < 0)
			return -1;
	}
	if (order == OPTIONS_FIRST)
		positionals = parser.next;
	while (*parser.next) {
		positionals[count++] = *parser.next++;
	}
	positionals[count] = NULL;
	*args = positionals;
	return count;
}
