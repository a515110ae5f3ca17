/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/macro.h"
#include "specs/json.h"
#include "specs/json_writer.h"
#include "tests/unit/unit.h"

static struct json *parse(struct arena *arena, const char *text)
{
	struct json *root = NULL;
	struct error err;

	if (json_parse(arena, "a.json", text, strlen(text), &root, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return root;
}

TEST(json_values_of_all_kinds_are_read)
{
	cleanup_arena struct arena arena = { 0 };
	struct json *root = parse(&arena, "{\"a\": [null, true, false, -12.5e3, \"x\\n\\u00e9\"]}");
	const struct json *list = json_member(root, "a");
	const struct json *item;

	CHECK_INT(root->kind, JSON_OBJECT);
	CHECK_INT(list->count, 5);
	item = list->first;
	CHECK_INT(item->kind, JSON_NULL);
	item = item->next;
	CHECK(item->kind == JSON_BOOLEAN && item->truth);
	item = item->next;
	CHECK(item->kind == JSON_BOOLEAN && !item->truth);
	item = item->next;
	CHECK_STRING(item->text, "-12.5e3");
	item = item->next;
	CHECK_STRING(item->text, "x\n\xc3\xa9");
	CHECK(!item->next);
	CHECK(!json_member(root, "b"));
	CHECK(!json_member(list, "a"));
}

TEST(json_numbers_are_not_rounded)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK_STRING(parse(&arena, "18446744073709551615")->text, "18446744073709551615");
	CHECK_STRING(parse(&arena, "[123456789012345678901234567890]")->first->text,
		     "123456789012345678901234567890");
}

TEST(json_surrogate_pairs_become_one_character)
{
	cleanup_arena struct arena arena = { 0 };

	CHECK_STRING(parse(&arena, "\"\\ud83d\\ude00\"")->text, "\xf0\x9f\x98\x80");
	CHECK_STRING(parse(&arena, "\"\\\\u0000\"")->text, "\\u0000");
}

TEST(json_positions_are_those_of_the_first_byte)
{
	static const char text[] = "{\n  \"a\": \"x\\\"y\",\n  \"b\": [ 17,\n    {}, true ]\n}";
	static const size_t expected[][2] = { { 2, 8 }, { 3, 8 } };
	static const size_t inner[][2] = { { 3, 10 }, { 4, 5 }, { 4, 9 } };
	cleanup_arena struct arena arena = { 0 };
	struct json *root = parse(&arena, text), *node;
	size_t line, column, i = 0;

	json_position(root, text, &line, &column);
	CHECK(line == 1 && column == 1);
	for (node = root->first; node; node = node->next, i++) {
		json_position(node, text, &line, &column);
		CHECK_INT(line, expected[i][0]);
		CHECK_INT(column, expected[i][1]);
	}
	i = 0;
	for (node = root->first->next->first; node; node = node->next, i++) {
		json_position(node, text, &line, &column);
		CHECK_INT(line, inner[i][0]);
		CHECK_INT(column, inner[i][1]);
	}
}

/* The text and what is said about it, for the golden file. */
static void report(FILE *stream, const char *text, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	struct json *root;
	struct error err = { .text = "accepted" };

	json_parse(&arena, "a.json", text, size, &root, &err);
	for (size_t i = 0; i < size; i++) {
		if (text[i] >= ' ' && text[i] < 127)
			fputc(text[i], stream);
		else
			fprintf(stream, "<%02x>", (unsigned char)text[i]);
	}
	fprintf(stream, "\n  %s\n", err.text);
}

TEST(json_that_is_wrong_is_refused_with_its_place)
{
	static const char *const texts[] = {
		"",
		" \n\t ",
		"{",
		"[1, 2",
		"\"unfinished",
		"{}x",
		"{} {}",
		"{'a': 1}",
		"{\"a\": }",
		"{\"a\" 1}",
		"{\n  \"a\": 1\n  \"b\": 2\n}",
		"{\"a\": 1,}",
		"[1,]",
		"[01]",
		"[1.]",
		"[+1]",
		"[.5]",
		"[NaN]",
		"nul",
		"/* comment */ {}",
		"[\"tab\t\"]",
		"[\"\\x\"]",
		"[\"\\u12\"]",
		"[\"\\u0000\"]",
		"[\"a\\ud800b\"]",
		"[\"\\udc00\"]",
		"[\"\\ud800\\ud800\"]",
		"[\"\xff\"]",
		"[\"\xc0\x80\"]",
		"[\"\xed\xa0\x80\"]",
		"[\"\xf4\x90\x80\x80\"]",
		"[\"\xe2\x82\"]",
		"\xef\xbb\xbf{}",
		"{\"a\": 1, \"a\": 2}",
		"{\"a\": {\"b\": [{}, {\"c\": 1,\n\"c\": 2}]}}",
		"{\"a\": 1, \"\\u0061\": 2}",
		"[[1]",
		"[1]]",
		"{[1]: 2}",
		"{1: 2}",
	};
	char *golden = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&golden, &size);

	for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
		report(stream, texts[i], strlen(texts[i]));
	report(stream, "[\0]", 3);
	report(stream, "{}\0", 3);
	fclose(stream);
	CHECK_GOLDEN(golden, "spec-json-errors.txt");
	free(golden);
}

TEST(json_nested_deeper_than_the_bound_is_refused)
{
	cleanup_arena struct arena arena = { 0 };
	char text[2 * JSON_MAX_DEPTH + 3];
	struct json *root;
	struct error err;

	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	CHECK_INT(json_parse(&arena, "a.json", text, 2 * JSON_MAX_DEPTH, &root, &err), 0);
	memset(text, '[', JSON_MAX_DEPTH + 1);
	memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
	CHECK_INT(json_parse(&arena, "a.json", text, 2 * JSON_MAX_DEPTH + 2, &root, &err), -1);
	CHECK_STRING(err.text, "a.json:1:65: nested more than 64 deep");
}

TEST(json_bomb_of_brackets_is_refused_without_a_deep_stack)
{
	cleanup_arena struct arena arena = { 0 };
	size_t size = (size_t)1 << 20;
	char *text = arena_alloc(&arena, size);
	struct json *root;
	struct error err;

	memset(text, '[', size);
	CHECK_INT(json_parse(&arena, "a.json", text, size, &root, &err), -1);
	CHECK_CONTAINS(err.text, "nested more than");
}

TEST(json_with_too_many_values_is_refused)
{
	cleanup_arena struct arena arena = { 0 };
	size_t size = 2 * (size_t)JSON_MAX_NODES + 1;
	char *text = arena_alloc(&arena, size);
	struct json *root;
	struct error err;

	for (size_t i = 0; i < size; i++)
		text[i] = i % 2 ? '0' : ',';
	text[0] = '[';
	text[size - 1] = ']';
	CHECK_INT(json_parse(&arena, "a.json", text, size, &root, &err), -1);
	CHECK_STRING(err.text, "a.json: more than 1048576 values");
}

TEST(json_object_with_many_members_is_checked_for_duplicates)
{
	cleanup_arena struct arena arena = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	struct json *root;
	struct error err;

	fputc('{', stream);
	for (int i = 0; i < 1000; i++)
		fprintf(stream, "\"key%d\": %d,\n", i, i);
	fputs("\"last\": 1}", stream);
	fflush(stream);
	CHECK_INT(json_parse(&arena, "a.json", text, size, &root, &err), 0);
	fseek(stream, -strlen("\"last\": 1}"), SEEK_CUR);
	fputs("\"key7\": 1}", stream);
	fclose(stream);
	CHECK_INT(json_parse(&arena, "a.json", text, size, &root, &err), -1);
	CHECK_CONTAINS(err.text, "key7: named twice");
	free(text);
}

TEST(json_writer_indents_and_keeps_empty_values_short)
{
	cleanup_arena struct arena arena = { 0 };
	struct json_writer *writer = json_writer_new(&arena, JSON_INDENTED);
	size_t size;
	char *text;

	json_begin_object(writer);
	json_write_key(writer, "list");
	json_begin_array(writer);
	json_write_int(writer, INT64_MIN);
	json_write_uint(writer, UINT64_MAX);
	json_write_bool(writer, true);
	json_write_null(writer);
	json_write_string(writer, "a\"\n/");
	json_end_array(writer);
	json_write_key(writer, "empty");
	json_begin_array(writer);
	json_begin_object(writer);
	json_end_object(writer);
	json_begin_array(writer);
	json_end_array(writer);
	json_end_array(writer);
	json_end_object(writer);
	text = json_writer_text(writer, &size);
	CHECK_INT(size, strlen(text));
	CHECK_STRING(text, "{\n"
			   "  \"list\": [\n"
			   "    -9223372036854775808,\n"
			   "    18446744073709551615,\n"
			   "    true,\n"
			   "    null,\n"
			   "    \"a\\\"\\n/\"\n"
			   "  ],\n"
			   "  \"empty\": [\n"
			   "    {},\n"
			   "    []\n"
			   "  ]\n"
			   "}\n");
}

TEST(json_writer_writes_reals_as_short_as_they_are)
{
	static const double values[] = { 0, 0.12, 1.5, -3, 99.99, 100, 1e300, HUGE_VAL, -HUGE_VAL };
	cleanup_arena struct arena arena = { 0 };
	struct json_writer *writer = json_writer_new(&arena, JSON_COMPACT);

	json_begin_array(writer);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		json_write_real(writer, values[i]);
	json_end_array(writer);
	CHECK_STRING(json_writer_text(writer, NULL), "[0,0.12,1.5,-3,99.99,100,1e+300,null,null]");
}

TEST(json_writer_writes_a_tree_as_it_was_read)
{
	static const char text[] = "{\"a\":[1,-2.50e+7,\"\\u0001\xc3\xa9\",{}],\"b\":{\"c\":null}}";
	cleanup_arena struct arena arena = { 0 };
	struct json_writer *writer = json_writer_new(&arena, JSON_COMPACT);

	json_write_node(writer, parse(&arena, text));
	CHECK_STRING(json_writer_text(writer, NULL), text);
}

TEST(json_writer_replaces_bytes_that_are_no_utf8)
{
	cleanup_arena struct arena arena = { 0 };
	struct json_writer *writer = json_writer_new(&arena, JSON_COMPACT);

	json_write_string(writer, "a\xff\xc3(\xe2\x82");
	CHECK_STRING(json_writer_text(writer, NULL),
		     "\"a\xef\xbf\xbd\xef\xbf\xbd(\xef\xbf\xbd\xef\xbf\xbd\"");
}
