/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On yajl_gen. An array or object is only opened when something comes into it, since yajl's own
 * indentation breaks an empty one over three lines.
 */
#include "specs/json_writer.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <yajl/yajl_gen.h>

#include "specs/utf8.h"
#include "specs/yajl_arena.h"

struct json_writer {
	struct arena *arena;
	yajl_gen yajl;
	char pending; /* '[' or '{' that is not written yet, 0: none */
};

struct json_writer *json_writer_new(struct arena *arena, enum json_style style)
{
	struct json_writer *writer = arena_new(arena, struct json_writer);
	yajl_alloc_funcs memory = yajl_arena_funcs(arena);

	writer->arena = arena;
	writer->yajl = yajl_gen_alloc(&memory);
	if (style == JSON_INDENTED) {
		yajl_gen_config(writer->yajl, yajl_gen_beautify, 1);
		yajl_gen_config(writer->yajl, yajl_gen_indent_string, "  ");
	}
	return writer;
}

static void open_pending(struct json_writer *writer)
{
	if (writer->pending == '[')
		yajl_gen_array_open(writer->yajl);
	else if (writer->pending == '{')
		yajl_gen_map_open(writer->yajl);
	writer->pending = 0;
}

static void write_raw(struct json_writer *writer, const char *text)
{
	open_pending(writer);
	yajl_gen_number(writer->yajl, text, strlen(text));
}

void json_write_string(struct json_writer *writer, const char *text)
{
	size_t size, used = 0, wrong = 0;
	char *copy;

	if (!text) {
		json_write_null(writer);
		return;
	}
	size = strlen(text);
	for (size_t i = 0, length; i < size; i += length ? length : 1) {
		length = utf8_length(text + i, size - i);
		wrong += length == 0;
	}
	open_pending(writer);
	if (wrong == 0) {
		yajl_gen_string(writer->yajl, (const unsigned char *)text, size);
		return;
	}
	copy = arena_alloc(writer->arena, size + 2 * wrong + 1);
	for (size_t i = 0, length; i < size; i += length ? length : 1) {
		length = utf8_length(text + i, size - i);
		memcpy(copy + used, length ? text + i : "\xef\xbf\xbd", length ? length : 3);
		used += length ? length : 3;
	}
	yajl_gen_string(writer->yajl, (const unsigned char *)copy, used);
}

void json_write_key(struct json_writer *writer, const char *key)
{
	json_write_string(writer, key);
}

void json_write_int(struct json_writer *writer, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, value);
	write_raw(writer, text);
}

void json_write_uint(struct json_writer *writer, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	write_raw(writer, text);
}

void json_write_real(struct json_writer *writer, double value)
{
	char text[32];

	if (!isfinite(value)) {
		json_write_null(writer);
		return;
	}
	snprintf(text, sizeof(text), "%.15g", value);
	write_raw(writer, text);
}

void json_write_bool(struct json_writer *writer, bool value)
{
	open_pending(writer);
	yajl_gen_bool(writer->yajl, value);
}

void json_write_null(struct json_writer *writer)
{
	open_pending(writer);
	yajl_gen_null(writer->yajl);
}

void json_begin_object(struct json_writer *writer)
{
	open_pending(writer);
	writer->pending = '{';
}

void json_end_object(struct json_writer *writer)
{
	if (writer->pending == '{') {
		writer->pending = 0;
		write_raw(writer, "{}");
	} else {
		yajl_gen_map_close(writer->yajl);
	}
}

void json_begin_array(struct json_writer *writer)
{
	open_pending(writer);
	writer->pending = '[';
}

void json_end_array(struct json_writer *writer)
{
	if (writer->pending == '[') {
		writer->pending = 0;
		write_raw(writer, "[]");
	} else {
		yajl_gen_array_close(writer->yajl);
	}
}

void json_write_node(struct json_writer *writer, const struct json *node)
{
	switch (node->kind) {
	case JSON_NULL:
		json_write_null(writer);
		break;
	case JSON_BOOLEAN:
		json_write_bool(writer, node->truth);
		break;
	case JSON_NUMBER:
		write_raw(writer, node->text);
		break;
	case JSON_STRING:
		json_write_string(writer, node->text);
		break;
	case JSON_ARRAY:
		json_begin_array(writer);
		for (const struct json *item = node->first; item; item = item->next)
			json_write_node(writer, item);
		json_end_array(writer);
		break;
	case JSON_OBJECT:
		json_begin_object(writer);
		for (const struct json *item = node->first; item; item = item->next) {
			json_write_key(writer, item->key);
			json_write_node(writer, item);
		}
		json_end_object(writer);
		break;
	}
}

char *json_writer_text(struct json_writer *writer, size_t *size)
{
	const unsigned char *text = (const unsigned char *)"";
	size_t length = 0;

	yajl_gen_get_buf(writer->yajl, &text, &length);
	if (size)
		*size = length;
	return arena_strndup(writer->arena, (const char *)text, length);
}
