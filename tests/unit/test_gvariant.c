/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/unit_property.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

static char *print(const struct gvariant *value)
{
	const char *type = value->type, *separator = "";
	char *text;

	if (strchr("sog", *type))
		return arena_printf(&arena, "'%s'", value->string);
	if (*type == 'b')
		return arena_printf(&arena, "%s", value->boolean ? "true" : "false");
	if (*type == 'd')
		return arena_printf(&arena, "%g", value->real);
	if (strchr("yqut", *type))
		return arena_printf(&arena, "%llu", (unsigned long long)value->unsigned_);
	if (strchr("nihx", *type))
		return arena_printf(&arena, "%lld", (long long)value->integer);
	text = arena_strdup(&arena, *type == 'a' ? "[" : "(");
	for (size_t i = 0; i < value->count; i++, separator = ", ")
		text = arena_printf(&arena, "%s%s%s", text, separator, print(&value->items[i]));
	return arena_printf(&arena, "%s%s", text, *type == 'a' ? "]" : ")");
}

/* "TYPE VALUE", or the error. */
static const char *parsed(const char *text)
{
	struct gvariant value;

	if (gvariant_parse(&arena, text, &value, &err) < 0)
		return err.text;
	return arena_printf(&arena, "%s %s", value.type, print(&value));
}

TEST(gvariant_plain_values_have_their_own_types)
{
	CHECK_STRING(parsed("true"), "b true");
	CHECK_STRING(parsed(" false "), "b false");
	CHECK_STRING(parsed("5"), "i 5");
	CHECK_STRING(parsed("-0x10"), "i -16");
	CHECK_STRING(parsed("1.5"), "d 1.5");
	CHECK_STRING(parsed("'it'"), "s 'it'");
	CHECK_STRING(parsed("\"it's\""), "s 'it's'");
	CHECK_STRING(parsed("b'ab'"), "ay [97, 98, 0]");
}

TEST(gvariant_types_may_stand_in_front)
{
	CHECK_STRING(parsed("uint64 18446744073709551615"), "t 18446744073709551615");
	CHECK_STRING(parsed("int64 -9223372036854775808"), "x -9223372036854775808");
	CHECK_STRING(parsed("byte 0xff"), "y 255");
	CHECK_STRING(parsed("uint16 1"), "q 1");
	CHECK_STRING(parsed("@t 7"), "t 7");
	CHECK_STRING(parsed("@as []"), "as []");
	CHECK_STRING(parsed("@a(st) [('a', 1)]"), "a(st) [('a', 1)]");
	CHECK_STRING(parsed("objectpath '/a'"), "o '/a'");
	CHECK_STRING(parsed("double 3"), "d 3");
}

TEST(gvariant_members_of_an_array_have_one_type)
{
	CHECK_STRING(parsed("['a', 'b',]"), "as ['a', 'b']");
	CHECK_STRING(parsed("[byte 1, 2]"), "ay [1, 2]");
	CHECK_STRING(parsed("[1, uint64 2]"), "at [1, 2]");
	CHECK_STRING(parsed("[('/dev/null', 'rw')]"), "a(ss) [('/dev/null', 'rw')]");
	CHECK_STRING(parsed("[[1], [2, 3]]"), "aai [[1], [2, 3]]");
	CHECK_STRING(parsed("('a', 1)"), "(si) ('a', 1)");
	CHECK_STRING(parsed("[('a', uint64 1), ('b', 2)]"), "a(st) [('a', 1), ('b', 2)]");
	CHECK_CONTAINS(parsed("['a', 1]"), "is a number, not of type s");
	CHECK_CONTAINS(parsed("[1, 'a']"), "is a number, not of type s");
	CHECK_CONTAINS(parsed("[[1], 2]"), "a value is not of type ai");
}

TEST(gvariant_strings_have_escapes)
{
	CHECK_STRING(parsed("'a\\tb\\n\\'\\\\'"), "s 'a\tb\n'\\'");
	CHECK_STRING(parsed("'\\u00e4\\u20ac\\U0001f600'"), "s '\u00e4\u20ac\U0001f600'");
	CHECK_CONTAINS(parsed("'\\u0000'"), "is no character");
	CHECK_CONTAINS(parsed("'\\ud800'"), "is no character");
	CHECK_CONTAINS(parsed("'\\u12'"), "hexadecimal digit");
	CHECK_CONTAINS(parsed("'abc"), "has no end");
}

TEST(gvariant_refuses_what_is_none)
{
	CHECK_CONTAINS(parsed(""), "a value expected");
	CHECK_CONTAINS(parsed("hello"), "expected");
	CHECK_CONTAINS(parsed("5 6"), "the end expected");
	CHECK_CONTAINS(parsed("5x"), "not a whole number");
	CHECK_CONTAINS(parsed("@d 1.5.5"), "'1.5.5' is not a number");
	CHECK_CONTAINS(parsed("[]"), "needs its type");
	CHECK_CONTAINS(parsed("()"), "empty tuple");
	CHECK_CONTAINS(parsed("[1"), "',' or ']'");
	CHECK_CONTAINS(parsed("@q [1]"), "not of type q");
	CHECK_CONTAINS(parsed("@zz 1"), "unknown or unsupported type");
	CHECK_CONTAINS(parsed("@(ss) ('a',)"), "too few members");
	CHECK_CONTAINS(parsed("@(s) ('a','b')"), "too many members");
	CHECK_CONTAINS(parsed("uint64 'a'"), "type t expected, found s");
	CHECK_CONTAINS(parsed("uint64 -1"), "outside");
	CHECK_CONTAINS(parsed("byte 256"), "outside");
	CHECK_CONTAINS(parsed("3000000000"), "outside");
	CHECK_CONTAINS(parsed("{'a': 1}"), "a value expected");
	CHECK_CONTAINS(parsed("[[[[[[[[[[1]]]]]]]]]]"), "nested too deeply");
}

static const char *property(const char *text)
{
	struct unit_property parsed_property;

	if (unit_property_parse(&arena, text, &parsed_property, &err) < 0)
		return err.text;
	return arena_printf(&arena, "%s %s %s", parsed_property.name, parsed_property.value.type,
			    print(&parsed_property.value));
}

TEST(unit_property_has_a_name_of_letters)
{
	CHECK_STRING(property("CollectMode='inactive-or-failed'"),
		     "CollectMode s 'inactive-or-failed'");
	CHECK_CONTAINS(property("Collect-Mode='a'"), "'Collect-Mode' is not the name");
	CHECK_CONTAINS(property("=1"), "is not the name");
	CHECK_CONTAINS(property("ab=1"), "is not the name");
	CHECK_CONTAINS(property("Slice"), "is not the name");
	CHECK_CONTAINS(property("Slice=nonsense"), "Slice: nonsense: ");
}

TEST(unit_property_in_seconds_becomes_one_in_microseconds)
{
	CHECK_STRING(property("TimeoutStopUSec=uint64 123456789"), "TimeoutStopUSec t 123456789");
	CHECK_STRING(property("RuntimeMaxSec=2"), "RuntimeMaxUSec t 2000000");
	CHECK_STRING(property("RuntimeMaxSec=uint64 2"), "RuntimeMaxUSec t 2000000");
	CHECK_STRING(property("RuntimeMaxSec=0.5"), "RuntimeMaxUSec t 500000");
	CHECK_CONTAINS(property("RuntimeMaxSec=-1"), "number of seconds expected");
	CHECK_CONTAINS(property("RuntimeMaxSec='2s'"), "number of seconds expected");
}
