/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding walks a tree of JSON nodes along the tables; each level keeps its place in a frame on
 * the stack, of which a path is only made when there is something to say.
 */
#include "specs/schema.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "specs/json.h"
#include "specs/schema_decode.h"

static int decode_object(struct decoder *decoder, const struct place *place,
			 const struct schema *schema, const struct json *node, char *value);

/* An array of objects, or an object of them whose keys go into a member each. */
static int decode_objects(struct decoder *decoder, const struct place *place,
			  const struct schema_row *row, const struct json *node, char *member)
{
	bool keyed = row->kind == SCHEMA_OBJECT_MAP;
	struct place here = { .outer = place };
	struct list list = { 0 };
	char *value;

	if (decode_expect(decoder, place, node, keyed ? JSON_OBJECT : JSON_ARRAY) < 0)
		return -1;
	list.items = value = arena_alloc_array(decoder->arena, node->count, row->object->size);
	for (const struct json *item = node->first; item; item = item->next, here.index++) {
		here.key = keyed ? item->key : NULL;
		if (decode_object(decoder, &here, row->object, item, value) < 0)
			return -1;
		if (keyed)
			*(char **)(void *)(value + row->key_offset) = (char *)(uintptr_t)item->key;
		value += row->object->size;
		list.count++;
	}
	memcpy(member, &list, sizeof(list));
	return 0;
}

static int decode_member(struct decoder *decoder, const struct place *place,
			 const struct schema_row *row, const struct json *node, char *member)
{
	bool ranged = row->min || row->max;
	char *object;

	switch ((enum schema_kind)row->kind) {
	case SCHEMA_STRING:
		return decode_string(decoder, place, row, node, (char **)(void *)member);
	case SCHEMA_WORD:
	case SCHEMA_ENUM:
		return decode_word(decoder, place, row, node, member);
	case SCHEMA_BOOL:
		return decode_bool(decoder, place, node, (bool *)member);
	case SCHEMA_INT:
		return decode_sized_int(decoder, place, row, node, member);
	case SCHEMA_UINT:
		return decode_sized_uint(decoder, place, row, node, member);
	case SCHEMA_REAL:
		return decode_real(decoder, place, node, (double *)(void *)member);
	case SCHEMA_OPT_INT: {
		struct opt_int *option = (void *)member;

		option->set = true;
		return decode_int(decoder, place, node, ranged ? row->min : INT64_MIN,
				  ranged ? (int64_t)row->max : INT64_MAX, &option->value);
	}
	case SCHEMA_OPT_UINT: {
		struct opt_uint *option = (void *)member;

		option->set = true;
		return decode_uint(decoder, place, node, (uint64_t)row->min,
				   ranged ? row->max : UINT64_MAX, &option->value);
	}
	case SCHEMA_OPT_BOOL: {
		struct opt_bool *option = (void *)member;

		option->set = true;
		return decode_bool(decoder, place, node, &option->value);
	}
	case SCHEMA_STRINGS:
		return decode_strings(decoder, place, node, (void *)member);
	case SCHEMA_UINTS:
		return decode_uints(decoder, place, node, member);
	case SCHEMA_OBJECT:
		memcpy(&object, member, sizeof(object));
		if (!object)
			object = arena_alloc(decoder->arena, row->object->size);
		memcpy(member, &object, sizeof(object));
		return decode_object(decoder, place, row->object, node, object);
	case SCHEMA_EMBEDDED:
		return decode_object(decoder, place, row->object, node, member);
	case SCHEMA_OBJECTS:
	case SCHEMA_OBJECT_MAP:
		return decode_objects(decoder, place, row, node, member);
	case SCHEMA_MAP:
		return decode_map(decoder, place, node, (void *)member);
	case SCHEMA_UINT_MAP:
		return decode_uint_map(decoder, place, node, (void *)member);
	case SCHEMA_KEYS:
		return decode_keys(decoder, place, node, (void *)member);
	case SCHEMA_TEXT:
		return decode_parsed(decoder, place, row, node, member);
	}
	return -1;
}

static void add_unknown(struct decoder *decoder, const struct place *place)
{
	struct string_list *unknown = decoder->unknown;
	char path[256];

	if (!unknown)
		return;
	if (unknown->count + 1 >= decoder->room) {
		char **items = unknown->items;

		decoder->room = decoder->room ? decoder->room * 2 : 8;
		unknown->items = arena_array(decoder->arena, char *, decoder->room);
		if (items)
			memcpy(unknown->items, items, unknown->count * sizeof(char *));
	}
	schema_place_text(place, path, sizeof(path));
	unknown->items[unknown->count++] = arena_strdup(decoder->arena, path);
}

/*
 * Documents mostly have their members in the order of the table, so the search begins where the
 * last one ended. A name that differs in case alone is the member all the same: Go reads it so,
 * and what Go programs write relies on it.
 */
static const struct schema_row *find_row(const struct schema *schema, const struct json *node,
					 size_t *hint)
{
	for (size_t i = 0; i < schema->count; i++, (*hint)++) {
		const struct schema_row *row;

		if (*hint >= schema->count)
			*hint = 0;
		row = &schema->rows[*hint];
		if (row->length == node->key_length &&
		    memcmp(row->name, node->key, row->length) == 0)
			return row;
	}
	for (size_t i = 0; i < schema->count; i++)
		if (schema->rows[i].length == node->key_length &&
		    strcasecmp(schema->rows[i].name, node->key) == 0)
			return &schema->rows[i];
	return NULL;
}

static int decode_object(struct decoder *decoder, const struct place *place,
			 const struct schema *schema, const struct json *node, char *value)
{
	struct place here = { .outer = place };
	size_t hint = 0;
	uint64_t seen = 0;

	if (decode_expect(decoder, place, node, JSON_OBJECT) < 0)
		return -1;
	for (const struct json *item = node->first; item; item = item->next) {
		const struct schema_row *row = find_row(schema, item, &hint);

		here.key = item->key;
		if (!row) {
			add_unknown(decoder, &here);
			continue;
		}
		if (item->kind ==
		    JSON_NULL) /* Go writes it for a list or object that is not there */
			continue;
		seen |= (uint64_t)1 << (row - schema->rows);
		if (decode_member(decoder, &here, row, item, value + row->offset) < 0)
			return -1;
	}
	for (size_t i = 0; i < schema->count; i++) {
		here.key = schema->rows[i].name;
		if ((schema->rows[i].flags & REQUIRED) && !(seen >> i & 1))
			return fail_place(decoder, &here, "required, but missing");
	}
	return 0;
}

static int decode_text(struct decoder *decoder, const struct schema *schema, const char *text,
		       size_t size, void *value)
{
	const struct place document = { 0 };
	struct json *root;

	if (json_parse(decoder->arena, decoder->name, text, size, &root, decoder->err) < 0)
		return -1;
	return decode_object(decoder, &document, schema, root, value);
}

int schema_decode(const struct schema *schema, struct arena *arena, const char *name,
		  const char *text, size_t size, void *value, struct error *err)
{
	struct decoder decoder = { .arena = arena, .name = name, .err = err };

	return decode_text(&decoder, schema, text, size, value);
}

int schema_unknown_members(const struct schema *schema, struct arena *arena, const char *name,
			   const char *text, size_t size, struct string_list *paths,
			   struct error *err)
{
	struct decoder decoder = { .arena = arena, .name = name, .err = err, .unknown = paths };

	*paths = (struct string_list){ 0 };
	return decode_text(&decoder, schema, text, size, arena_alloc(arena, schema->size));
}
