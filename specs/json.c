/* SPDX-License-Identifier: Apache-2.0 */
/*
 * yajl does the grammar; this file builds the tree from its callbacks and adds what yajl does not
 * check: the bytes of the text (json_bytes.c, before yajl sees them) and duplicate names (when an
 * object ends).
 */
#include "specs/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_parse.h>

#include "specs/json_bytes.h"
#include "specs/yajl_arena.h"

struct parser {
	struct arena *arena;
	const char *name, *text;
	size_t size;
	struct error *err;
	yajl_handle yajl;
	bool at_end; /* the text is all in: yajl's offset is no longer one of it */
	struct json *root;
	struct json *open[JSON_MAX_DEPTH];  /* the arrays and objects that we are in ... */
	struct json **tail[JSON_MAX_DEPTH]; /* ... and where their next value goes */
	size_t depth, nodes;
	const char *key; /* of the member whose value comes next */
	uint32_t key_length;
};

/* Line and column of an offset, counted only when somebody wants to know. */
static void find_position(const char *text, size_t offset, size_t *line, size_t *column)
{
	*line = *column = 1;
	for (size_t i = 0; i < offset; i++) {
		(*column)++;
		if (text[i] == '\n') {
			(*line)++;
			*column = 1;
		}
	}
}

static int fail_at(const struct parser *parser, size_t offset, const char *reason)
{
	size_t line, column;

	find_position(parser->text, offset, &line, &column);
	return fail(parser->err, EINVAL, "%s:%zu:%zu: %s", parser->name, line, column, reason);
}

/* Callbacks return 1 to go on and 0 to stop, with the error filled. */
static struct json *add_node(struct parser *parser, enum json_kind kind)
{
	struct json *node;

	if (++parser->nodes > JSON_MAX_NODES) {
		fail(parser->err, EINVAL, "%s: more than %u values", parser->name, JSON_MAX_NODES);
		return NULL;
	}
	node = arena_new(parser->arena, struct json);
	node->kind = kind;
	node->end = parser->at_end ? parser->size : yajl_get_bytes_consumed(parser->yajl);
	node->key = parser->key;
	node->key_length = parser->key_length;
	parser->key = NULL;
	parser->key_length = 0;
	if (parser->depth == 0) {
		parser->root = node;
		return node;
	}
	*parser->tail[parser->depth - 1] = node;
	parser->tail[parser->depth - 1] = &node->next;
	parser->open[parser->depth - 1]->count++;
	return node;
}

static int begin(struct parser *parser, enum json_kind kind)
{
	struct json *node = add_node(parser, kind);

	if (!node)
		return 0;
	if (parser->depth == JSON_MAX_DEPTH) {
		char reason[64];

		snprintf(reason, sizeof(reason), "nested more than %d deep", JSON_MAX_DEPTH);
		fail_at(parser, node->end - 1, reason);
		return 0;
	}
	parser->open[parser->depth] = node;
	parser->tail[parser->depth] = &node->first;
	parser->depth++;
	return 1;
}

static int on_null(void *context)
{
	return add_node(context, JSON_NULL) != NULL;
}

static int on_boolean(void *context, int truth)
{
	struct json *node = add_node(context, JSON_BOOLEAN);

	if (node)
		node->truth = truth;
	return node != NULL;
}

static int on_number(void *context, const char *text, size_t length)
{
	struct parser *parser = context;
	struct json *node = add_node(parser, JSON_NUMBER);

	if (node)
		node->text = arena_strndup(parser->arena, text, length);
	return node != NULL;
}

static int on_string(void *context, const unsigned char *text, size_t length)
{
	struct parser *parser = context;
	struct json *node = add_node(parser, JSON_STRING);

	if (node)
		node->text = arena_strndup(parser->arena, (const char *)text, length);
	return node != NULL;
}

static int on_key(void *context, const unsigned char *text, size_t length)
{
	struct parser *parser = context;

	parser->key = arena_strndup(parser->arena, (const char *)text, length);
	parser->key_length = (uint32_t)length;
	return 1;
}

static int on_begin_object(void *context)
{
	return begin(context, JSON_OBJECT);
}

static int on_begin_array(void *context)
{
	return begin(context, JSON_ARRAY);
}

static int on_end_array(void *context)
{
	struct parser *parser = context;

	parser->depth--;
	return 1;
}

/* Writes "process.rlimits[2].soft" for the last values of all that is open, and then key. */
static void write_path(const struct parser *parser, const char *key, char *path, size_t size)
{
	size_t used = 0;

	path[0] = '\0';
	for (size_t i = 1; i <= parser->depth; i++) {
		const struct json *outer = parser->open[i - 1];
		const char *name = i < parser->depth ? parser->open[i]->key : key;
		int length;

		if (outer->kind == JSON_ARRAY)
			length = snprintf(path + used, size - used, "[%zu]", outer->count - 1);
		else
			length = snprintf(path + used, size - used, "%s%s", used ? "." : "", name);
		if (length < 0 || (size_t)length >= size - used)
			return;
		used += (size_t)length;
	}
}

static int fail_duplicate(const struct parser *parser, const struct json *node)
{
	char path[256], reason[320];

	write_path(parser, node->key, path, sizeof(path));
	snprintf(reason, sizeof(reason), "%s: named twice", path);
	fail_at(parser, node->end - 1, reason);
	return 0;
}

static int compare_keys(const void *left, const void *right)
{
	const struct json *const *a = left, *const *b = right;

	return strcmp((*a)->key, (*b)->key);
}

static bool has_same_key(const struct json *a, const struct json *b)
{
	return a->key_length == b->key_length && memcmp(a->key, b->key, a->key_length) == 0;
}

/* Usual objects are small and compared pair by pair, large ones (annotations) are sorted. */
static int on_end_object(void *context)
{
	struct parser *parser = context;
	struct json *object = parser->open[parser->depth - 1], **sorted;
	size_t count = 0;

	if (object->count <= 24) {
		for (struct json *node = object->first; node; node = node->next) {
			for (struct json *old = object->first; old != node; old = old->next) {
				if (has_same_key(old, node))
					return fail_duplicate(parser, node);
			}
		}
		parser->depth--;
		return 1;
	}
	sorted = arena_array(parser->arena, struct json *, object->count);
	for (struct json *node = object->first; node; node = node->next)
		sorted[count++] = node;
	qsort(sorted, count, sizeof(struct json *), compare_keys);
	for (size_t i = 1; i < count; i++) {
		if (has_same_key(sorted[i - 1], sorted[i]))
			return fail_duplicate(parser, sorted[i]);
	}
	parser->depth--;
	return 1;
}

static const yajl_callbacks callbacks = {
	.yajl_null = on_null,
	.yajl_boolean = on_boolean,
	.yajl_number = on_number,
	.yajl_string = on_string,
	.yajl_start_map = on_begin_object,
	.yajl_map_key = on_key,
	.yajl_end_map = on_end_object,
	.yajl_start_array = on_begin_array,
	.yajl_end_array = on_end_array,
};

/* yajl's words for it, without the newline at their end. */
static int fail_syntax(const struct parser *parser)
{
	size_t offset = parser->at_end ? parser->size : yajl_get_bytes_consumed(parser->yajl);
	unsigned char *text = yajl_get_error(parser->yajl, 0, NULL, 0);
	char reason[128];

	snprintf(reason, sizeof(reason), "%s", text ? (const char *)text : "syntax error");
	reason[strcspn(reason, "\n")] = '\0';
	/* yajl stands behind the byte that it could not read */
	return fail_at(parser, offset > 0 && !parser->at_end ? offset - 1 : offset, reason);
}

static bool is_blank(const char *text, size_t size)
{
	while (size > 0 && strchr(" \t\r\n", text[size - 1]))
		size--;
	return size == 0;
}

int json_parse(struct arena *arena, const char *name, const char *text, size_t size,
	       struct json **root, struct error *err)
{
	struct parser parser = {
		.arena = arena, .name = name, .text = text, .size = size, .err = err
	};
	yajl_alloc_funcs memory = yajl_arena_funcs(arena);
	const char *reason;
	yajl_status status;
	size_t bad;

	bad = json_find_bad_byte(text, size, &reason);
	if (bad < size)
		return fail_at(&parser, bad, reason);
	parser.yajl = yajl_alloc(&callbacks, &memory, &parser);
	yajl_config(parser.yajl, yajl_dont_validate_strings, 1);
	status = yajl_parse(parser.yajl, (const unsigned char *)text, size);
	if (status == yajl_status_ok) {
		parser.at_end = true;
		status = yajl_complete_parse(parser.yajl);
	}
	if (status == yajl_status_client_canceled)
		return -1;
	if (is_blank(text, size))
		return fail(err, EINVAL, "%s: JSON expected, found nothing", name);
	if (status == yajl_status_error)
		return fail_syntax(&parser);
	*root = parser.root;
	return 0;
}

const struct json *json_member(const struct json *node, const char *key)
{
	if (node->kind != JSON_OBJECT)
		return NULL;
	for (const struct json *member = node->first; member; member = member->next) {
		if (strcmp(member->key, key) == 0)
			return member;
	}
	return NULL;
}

const char *json_kind_name(enum json_kind kind)
{
	static const char *const names[] = { "null",   "boolean", "number",
					     "string", "array",	  "object" };

	return names[kind];
}

void json_position(const struct json *node, const char *text, size_t *line, size_t *column)
{
	size_t begin = node->end;

	switch (node->kind) {
	case JSON_NULL:
		begin -= 4;
		break;
	case JSON_BOOLEAN:
		begin -= node->truth ? 4 : 5;
		break;
	case JSON_NUMBER:
		begin -= strlen(node->text);
		break;
	case JSON_STRING:
		/* back to the quote that no odd number of backslashes stands before */
		for (begin -= 2; begin > 0; begin--) {
			size_t slashes = 0;

			while (slashes < begin && text[begin - 1 - slashes] == '\\')
				slashes++;
			if (text[begin] == '"' && slashes % 2 == 0)
				break;
		}
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		begin--;
		break;
	}
	find_position(text, begin, line, column);
}
