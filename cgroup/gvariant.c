/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In two passes: what is written, in which a number may have no type yet, and then the types,
 * which come from outside (@as [...]), from a word in front (uint64 5) or from a neighbour.
 */
#include "cgroup/gvariant.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

#define MAX_DEPTH 8

struct parser {
	struct arena *arena;
	const char *at;
	int depth;
	struct error *err;
};

static const struct {
	const char *word, *type;
} type_words[] = {
	{ "boolean", "b" },   { "byte", "y" },	 { "int16", "n" },  { "uint16", "q" },
	{ "int32", "i" },     { "uint32", "u" }, { "handle", "h" }, { "int64", "x" },
	{ "uint64", "t" },    { "double", "d" }, { "string", "s" }, { "objectpath", "o" },
	{ "signature", "g" },
};

static int syntax(struct parser *parser, const char *expected)
{
	return fail(parser->err, EINVAL, "%s expected at '%.20s'", expected, parser->at);
}

static void skip_blanks(struct parser *parser)
{
	while (isspace((unsigned char)*parser->at))
		parser->at++;
}

/* The length of the first complete type of a signature; 0 if there is none that we know. */
static size_t type_length(const char *type, int depth)
{
	size_t length = 1, inner;

	if (!*type || depth > MAX_DEPTH)
		return 0;
	if (strchr("bynqiuxthdsog", *type))
		return 1;
	if (*type == 'a') {
		inner = type_length(type + 1, depth + 1);
		return inner ? 1 + inner : 0;
	}
	if (*type != '(')
		return 0;
	while (type[length] != ')') {
		inner = type_length(type + length, depth + 1);
		if (!inner)
			return 0;
		length += inner;
	}
	return length > 1 ? length + 1 : 0;
}

static int parse_value(struct parser *parser, struct gvariant *value);

/* Appends a code point as UTF-8; zero and what is no character are refused by the caller. */
static char *put_utf8(char *to, unsigned long point)
{
	if (point < 0x80) {
		*to++ = (char)point;
	} else if (point < 0x800) {
		*to++ = (char)(0xc0 | point >> 6);
		*to++ = (char)(0x80 | (point & 0x3f));
	} else if (point < 0x10000) {
		*to++ = (char)(0xe0 | point >> 12);
		*to++ = (char)(0x80 | (point >> 6 & 0x3f));
		*to++ = (char)(0x80 | (point & 0x3f));
	} else {
		*to++ = (char)(0xf0 | point >> 18);
		*to++ = (char)(0x80 | (point >> 12 & 0x3f));
		*to++ = (char)(0x80 | (point >> 6 & 0x3f));
		*to++ = (char)(0x80 | (point & 0x3f));
	}
	return to;
}

/* Behind "\u" or "\U": that many hexadecimal digits. */
static int parse_point(struct parser *parser, int digits, char **to)
{
	char text[9] = "";
	unsigned long point;

	for (int i = 0; i < digits; i++) {
		if (!isxdigit((unsigned char)*parser->at))
			return syntax(parser, "a hexadecimal digit");
		text[i] = *parser->at++;
	}
	point = strtoul(text, NULL, 16);
	if (!point || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return fail(parser->err, EINVAL, "\\u%s is no character", text);
	*to = put_utf8(*to, point);
	return 0;
}

static int parse_escape(struct parser *parser, char **to)
{
	static const char letters[] = "abfnrtv", meanings[] = "\a\b\f\n\r\t\v";
	const char *letter;
	char c = *parser->at;

	if (!c)
		return syntax(parser, "the end of a string");
	parser->at++;
	if (c == 'u' || c == 'U')
		return parse_point(parser, c == 'u' ? 4 : 8, to);
	letter = strchr(letters, c);
	if (c != '\n')
		*(*to)++ = letter ? meanings[letter - letters] : c;
	return 0;
}

static int parse_string(struct parser *parser, struct gvariant *value)
{
	char quote = *parser->at++;
	char *text = arena_alloc(parser->arena, strlen(parser->at) + 1), *to = text;

	while (*parser->at != quote) {
		if (!*parser->at)
			return fail(parser->err, EINVAL, "a string has no end: %c is missing",
				    quote);
		if (*parser->at == '\\') {
			parser->at++;
			if (parse_escape(parser, &to) < 0)
				return -1;
		} else {
			*to++ = *parser->at++;
		}
	}
	parser->at++;
	*value = (struct gvariant){ .type = "s", .string = text };
	return 0;
}

/* b'...': an array of bytes with a zero at its end. */
static int parse_byte_string(struct parser *parser, struct gvariant *value)
{
	struct gvariant string;
	size_t size;

	parser->at++;
	if (parse_string(parser, &string) < 0)
		return -1;
	size = strlen(string.string) + 1;
	*value = (struct gvariant){ .type = "ay", .count = size };
	value->items = arena_array(parser->arena, struct gvariant, size);
	for (size_t i = 0; i < size; i++)
		value->items[i] = (struct gvariant){ .type = "y",
						     .unsigned_ = (unsigned char)string.string[i] };
	return 0;
}

static int parse_number(struct parser *parser, struct gvariant *value)
{
	size_t length = strspn(parser->at, "0123456789abcdefABCDEFxX+-.");

	if (!length)
		return syntax(parser, "a value");
	*value = (struct gvariant){ .string = arena_strndup(parser->arena, parser->at, length) };
	parser->at += length;
	return 0;
}

static int parse_items(struct parser *parser, char end, struct gvariant *value)
{
	size_t room = 0;

	parser->at++;
	for (skip_blanks(parser); *parser->at != end; skip_blanks(parser)) {
		if (value->count == room) {
			struct gvariant *items = value->items;

			room = room ? 2 * room : 8;
			value->items = arena_array(parser->arena, struct gvariant, room);
			if (value->count)
				memcpy(value->items, items, value->count * sizeof(*items));
		}
		if (parse_value(parser, &value->items[value->count++]) < 0)
			return -1;
		skip_blanks(parser);
		if (*parser->at == ',')
			parser->at++;
		else if (*parser->at != end)
			return syntax(parser, end == ']' ? "',' or ']'" : "',' or ')'");
	}
	parser->at++;
	return 0;
}

static int set_type(struct parser *parser, struct gvariant *value, const char *type, size_t *used,
		    int depth);

/* A type and the value that it is of. */
static int parse_typed(struct parser *parser, const char *type, struct gvariant *value)
{
	size_t used;

	return parse_value(parser, value) < 0 ? -1 : set_type(parser, value, type, &used, 0);
}

static int parse_signature(struct parser *parser, struct gvariant *value)
{
	size_t length = strcspn(++parser->at, " \t\n");
	const char *type = arena_strndup(parser->arena, parser->at, length);

	if (!length || type_length(type, 0) != length)
		return fail(parser->err, EINVAL, "@%s: unknown or unsupported type", type);
	parser->at += length;
	return parse_typed(parser, type, value);
}

static bool take_word(struct parser *parser, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(parser->at, word, length) != 0 || isalnum((unsigned char)parser->at[length]))
		return false;
	parser->at += length;
	return true;
}

static int parse_nested(struct parser *parser, struct gvariant *value)
{
	bool is_array = *parser->at == '[';

	*value = (struct gvariant){ 0 };
	if (parse_items(parser, is_array ? ']' : ')', value) < 0)
		return -1;
	if (!is_array && !value->count)
		return fail(parser->err, EINVAL, "an empty tuple is no value of a property");
	value->string = is_array ? "[" : "(";
	return 0;
}

static int parse_plain(struct parser *parser, struct gvariant *value)
{
	char c = *parser->at;

	if (c == '\'' || c == '"')
		return parse_string(parser, value);
	if (c == 'b' && (parser->at[1] == '\'' || parser->at[1] == '"'))
		return parse_byte_string(parser, value);
	if (c == '[' || c == '(')
		return parse_nested(parser, value);
	if (c == '@')
		return parse_signature(parser, value);
	if (take_word(parser, "true") || take_word(parser, "false")) {
		*value = (struct gvariant){ .type = "b", .boolean = c == 't' };
		return 0;
	}
	for (size_t i = 0; i < ARRAY_SIZE(type_words); i++)
		if (take_word(parser, type_words[i].word))
			return parse_typed(parser, type_words[i].type, value);
	return parse_number(parser, value);
}

static int parse_value(struct parser *parser, struct gvariant *value)
{
	int result;

	if (++parser->depth > MAX_DEPTH)
		return fail(parser->err, EINVAL, "is nested too deeply");
	skip_blanks(parser);
	result = parse_plain(parser, value);
	parser->depth--;
	return result;
}

static bool is_array(const struct gvariant *value)
{
	return value->type ? value->type[0] == 'a' : value->string[0] == '[';
}

static bool is_tuple(const struct gvariant *value)
{
	return value->type ? value->type[0] == '(' : value->string[0] == '(';
}

static bool is_real(const struct gvariant *value)
{
	return !strncmp(value->string, "0x", 2) ? false : strpbrk(value->string, ".eE") != NULL;
}

/* The type that a value has by itself, or NULL: a number, or what has only such. */
static const char *own_type(struct parser *parser, const struct gvariant *value)
{
	const char *text = "(";

	if (value->type)
		return value->type;
	if (!is_array(value) && !is_tuple(value))
		return NULL;
	for (size_t i = 0; i < value->count; i++) {
		const char *type = own_type(parser, &value->items[i]);

		if (is_array(value) && type)
			return arena_printf(parser->arena, "a%s", type);
		if (is_tuple(value) && !type)
			return NULL;
		text = arena_printf(parser->arena, "%s%s", text, type ?: "");
	}
	return is_array(value) ? NULL : arena_printf(parser->arena, "%s)", text);
}

/* The type of what has none by itself: numbers are int32 or double. */
static const char *default_type(struct parser *parser, const struct gvariant *value)
{
	const char *type = own_type(parser, value), *text = "(";

	if (type)
		return type;
	if (!is_array(value) && !is_tuple(value))
		return is_real(value) ? "d" : "i";
	if (is_array(value) && !value->count)
		return NULL;
	for (size_t i = 0; i < value->count; i++) {
		type = default_type(parser, &value->items[i]);
		if (!type || is_array(value))
			return type ? arena_printf(parser->arena, "a%s", type) : NULL;
		text = arena_printf(parser->arena, "%s%s", text, type);
	}
	return arena_printf(parser->arena, "%s)", text);
}

static const struct {
	char type;
	int64_t min;
	uint64_t max;
} integers[] = {
	{ 'y', 0, UINT8_MAX },	       { 'n', INT16_MIN, INT16_MAX }, { 'q', 0, UINT16_MAX },
	{ 'i', INT32_MIN, INT32_MAX }, { 'h', 0, INT32_MAX },	      { 'u', 0, UINT32_MAX },
	{ 'x', INT64_MIN, INT64_MAX }, { 't', 0, UINT64_MAX },
};

static int set_integer(struct parser *parser, struct gvariant *value, size_t index)
{
	const char *text = value->string;
	bool negative = *text == '-';
	char *end;
	uint64_t magnitude;

	text += negative || *text == '+';
	errno = 0;
	magnitude = strtoull(text, &end, 0);
	if (!isdigit((unsigned char)*text) || *end)
		return fail(parser->err, EINVAL, "'%s' is not a whole number", value->string);
	if (errno || (!negative && magnitude > integers[index].max) ||
	    (negative && magnitude > -(uint64_t)integers[index].min))
		return fail(parser->err, ERANGE, "%s is outside of what type %c holds",
			    value->string, integers[index].type);
	if (integers[index].min < 0)
		value->integer = (int64_t)(negative ? -magnitude : magnitude);
	else
		value->unsigned_ = magnitude;
	return 0;
}

static int set_number(struct parser *parser, struct gvariant *value, char type)
{
	const char *text = value->string; /* in the place of the number */
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(integers); i++)
		if (integers[i].type == type)
			return set_integer(parser, value, i);
	if (type != 'd')
		return fail(parser->err, EINVAL, "'%s' is a number, not of type %c", text, type);
	value->real = strtod(text, &end);
	if (*end)
		return fail(parser->err, EINVAL, "'%s' is not a number", text);
	return 0;
}

static int set_item_types(struct parser *parser, struct gvariant *value, const char *type,
			  int depth)
{
	size_t used, at = 1;

	for (size_t i = 0; i < value->count; i++) {
		if (set_type(parser, &value->items[i], type + at, &used, depth + 1) < 0)
			return -1;
		at += *type == '(' ? used : 0;
	}
	if (*type == '(' && type[at] != ')')
		return fail(parser->err, EINVAL, "a tuple has too few members for type %s", type);
	return 0;
}

/* Gives value the first complete type of *type, which is *used characters long. */
static int set_type(struct parser *parser, struct gvariant *value, const char *type, size_t *used,
		    int depth)
{
	*used = type_length(type, 0);
	if (!*used || depth > MAX_DEPTH)
		return fail(parser->err, EINVAL, "a tuple has too many members for its type");
	if (value->type && (strncmp(value->type, type, *used) != 0 || value->type[*used])) {
		if (value->type[0] != 's' || !strchr("og", *type))
			return fail(parser->err, EINVAL, "type %.*s expected, found %s", (int)*used,
				    type, value->type);
	} else if (value->type) {
		return 0;
	} else if (is_array(value) != (*type == 'a') || is_tuple(value) != (*type == '(')) {
		return fail(parser->err, EINVAL, "a value is not of type %.*s", (int)*used, type);
	} else if (*type != 'a' && *type != '(') {
		if (set_number(parser, value, *type) < 0)
			return -1;
	} else if (set_item_types(parser, value, type, depth) < 0) {
		return -1;
	}
	value->type = arena_strndup(parser->arena, type, *used);
	return 0;
}

static int parse_all(struct parser *parser, struct gvariant *value)
{
	const char *type;
	size_t used;

	if (parse_value(parser, value) < 0)
		return -1;
	skip_blanks(parser);
	if (*parser->at)
		return syntax(parser, "the end");
	type = default_type(parser, value);
	if (!type)
		return fail(parser->err, EINVAL, "an empty array needs its type: @as []");
	return set_type(parser, value, type, &used, 0);
}

int gvariant_parse(struct arena *arena, const char *text, struct gvariant *value, struct error *err)
{
	struct parser parser = { .arena = arena, .at = text, .err = err };

	if (parse_all(&parser, value) < 0)
		return fail_in(err, "%.100s", text);
	return 0;
}
