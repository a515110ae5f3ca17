/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Decoding walks a tree of JSON nodes along the tables; each level keeps its place in a frame on
 * the stack, of which a path is only made when there is something to say.
 */
#include "specs/schema.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "specs/json.h"

/* What every list of a document looks like; copied, since its items have another type there. */
struct list {
	void *items;
	size_t count;
};

struct decoder {
	struct arena *arena;
	const char *name;
	struct error *err;
	struct string_list *unknown; /* NULL: not asked for */
	size_t room;		     /* of unknown */
};

/* Where we are: in a member or, with key NULL, at an index of the array above. */
struct place {
	const struct place *outer; /* NULL: the document itself, which has no name */
	const char *key;
	size_t index;
};

static int decode_object(struct decoder *decoder, const struct place *place,
			 const struct schema *schema, const struct json *node, char *value);

static bool is_plain(const char *key)
{
	for (const char *c = key; *c; c++) {
		if (!(*c >= 'a' && *c <= 'z') && !(*c >= 'A' && *c <= 'Z') &&
		    !(*c >= '0' && *c <= '9') && *c != '_' && *c != '-')
			return false;
	}
	return *key != '\0';
}

/* "linux.sysctl["net.ipv4.ip_forward"]", cut off at the end of the buffer. */
static size_t write_path(const struct place *place, char *path, size_t size)
{
	size_t used;
	int length;

	if (!place->outer) {
		path[0] = '\0';
		return 0;
	}
	used = write_path(place->outer, path, size);
	if (!place->key)
		length = snprintf(path + used, size - used, "[%zu]", place->index);
	else if (is_plain(place->key))
		length = snprintf(path + used, size - used, "%s%s", used ? "." : "", place->key);
	else
		length = snprintf(path + used, size - used, "[\"%s\"]", place->key);
	if (length < 0 || (size_t)length >= size - used)
		return size - 1;
	return used + (size_t)length;
}

__attribute__((format(printf, 3, 4))) static int
fail_place(const struct decoder *decoder, const struct place *place, const char *format, ...)
{
	char path[256], reason[368];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	if (write_path(place, path, sizeof(path)) == 0)
		return fail(decoder->err, EINVAL, "%s: %s", decoder->name, reason);
	return fail(decoder->err, EINVAL, "%s: %s: %s", decoder->name, path, reason);
}

static int expect(const struct decoder *decoder, const struct place *place, const struct json *node,
		  enum json_kind kind)
{
	if (node->kind == kind)
		return 0;
	return fail_place(decoder, place, "%s expected, found %s", json_kind_name(kind),
			  json_kind_name(node->kind));
}

/* Reads [-]digits exactly; 1 in *negative stands for a minus. */
static int read_whole(const char *text, bool *negative, uint64_t *magnitude, bool *overflow)
{
	*negative = *text == '-';
	*magnitude = 0;
	*overflow = false;
	for (text += *negative; *text; text++) {
		if (*text < '0' || *text > '9')
			return -1;
		if (__builtin_mul_overflow(*magnitude, 10, magnitude) ||
		    __builtin_add_overflow(*magnitude, (uint64_t)(*text - '0'), magnitude))
			*overflow = true;
	}
	return 0;
}

static int decode_int(const struct decoder *decoder, const struct place *place,
		      const struct json *node, int64_t min, int64_t max, int64_t *value)
{
	uint64_t magnitude;
	bool negative, overflow;

	if (expect(decoder, place, node, JSON_NUMBER) < 0)
		return -1;
	if (read_whole(node->text, &negative, &magnitude, &overflow) < 0)
		return fail_place(decoder, place, "whole number expected, found %s", node->text);
	if (!overflow && magnitude <= (uint64_t)INT64_MAX + negative) {
		*value = (int64_t)(negative ? -magnitude : magnitude);
		if (*value >= min && *value <= max)
			return 0;
	}
	return fail_place(decoder, place, "%s is out of range (%lld to %lld)", node->text,
			  (long long)min, (long long)max);
}

static int decode_uint(const struct decoder *decoder, const struct place *place,
		       const struct json *node, uint64_t min, uint64_t max, uint64_t *value)
{
	bool negative, overflow;

	if (expect(decoder, place, node, JSON_NUMBER) < 0)
		return -1;
	if (read_whole(node->text, &negative, value, &overflow) < 0)
		return fail_place(decoder, place, "whole number expected, found %s", node->text);
	if (!overflow && *value >= min && *value <= max && (!negative || *value == 0))
		return 0;
	return fail_place(decoder, place, "%s is out of range (%llu to %llu)", node->text,
			  (unsigned long long)min, (unsigned long long)max);
}

static int decode_sized_int(const struct decoder *decoder, const struct place *place,
			    const struct schema_row *row, const struct json *node, char *member)
{
	bool ranged = row->min || row->max, narrow = row->size == sizeof(int32_t);
	int64_t min = ranged ? row->min : narrow ? INT32_MIN : INT64_MIN, value = 0;
	int64_t max = ranged ? (int64_t)row->max : narrow ? INT32_MAX : INT64_MAX;

	if (decode_int(decoder, place, node, min, max, &value) < 0)
		return -1;
	if (narrow)
		*(int32_t *)(void *)member = (int32_t)value;
	else
		*(int64_t *)(void *)member = value;
	return 0;
}

static int decode_sized_uint(const struct decoder *decoder, const struct place *place,
			     const struct schema_row *row, const struct json *node, char *member)
{
	bool ranged = row->min || row->max, narrow = row->size == sizeof(uint32_t);
	uint64_t max = ranged ? row->max : narrow ? UINT32_MAX : UINT64_MAX, value = 0;

	if (decode_uint(decoder, place, node, (uint64_t)row->min, max, &value) < 0)
		return -1;
	if (narrow)
		*(uint32_t *)(void *)member = (uint32_t)value;
	else
		*(uint64_t *)(void *)member = value;
	return 0;
}

static int decode_string(const struct decoder *decoder, const struct place *place,
			 const struct schema_row *row, const struct json *node, char **value)
{
	if (expect(decoder, place, node, JSON_STRING) < 0)
		return -1;
	if ((row->flags & ABSOLUTE) && !(row->flags & REQUIRED) && !node->text[0])
		return 0; /* as Go programs write what they have not set */
	if ((row->flags & ABSOLUTE) && node->text[0] != '/')
		return fail_place(decoder, place, "absolute path expected, found '%s'", node->text);
	*value = (char *)(uintptr_t)node->text;
	return 0;
}

static int fail_word(const struct decoder *decoder, const struct place *place,
		     const struct schema_word *words, const char *text)
{
	char list[288] = "";
	size_t used = 0;

	for (; words->word && used < sizeof(list); words++) {
		int length = snprintf(list + used, sizeof(list) - used, "%s%s", used ? ", " : "",
				      words->word);

		used += length < 0 ? 0 : (size_t)length;
	}
	return fail_place(decoder, place, "unknown value '%.40s' (one of: %s)", text, list);
}

static int decode_word(const struct decoder *decoder, const struct place *place,
		       const struct schema_row *row, const struct json *node, char *member)
{
	const struct schema_word *word = row->words;

	if (expect(decoder, place, node, JSON_STRING) < 0)
		return -1;
	while (word->word && strcmp(word->word, node->text) != 0)
		word++;
	if (!word->word)
		return fail_word(decoder, place, row->words, node->text);
	if (row->kind == SCHEMA_ENUM)
		*(int *)(void *)member = word->value;
	else
		*(char **)(void *)member = (char *)(uintptr_t)word->word;
	return 0;
}

static int decode_strings(const struct decoder *decoder, const struct place *place,
			  const struct json *node, struct string_list *list)
{
	struct place here = { .outer = place };

	if (expect(decoder, place, node, JSON_ARRAY) < 0)
		return -1;
	*list = (struct string_list){
		.items = arena_array(decoder->arena, char *, node->count + 1),
	};
	for (const struct json *item = node->first; item; item = item->next, here.index++) {
		if (expect(decoder, &here, item, JSON_STRING) < 0)
			return -1;
		list->items[list->count++] = (char *)(uintptr_t)item->text;
	}
	return 0;
}

static int decode_uints(const struct decoder *decoder, const struct place *place,
			const struct json *node, char *member)
{
	struct place here = { .outer = place };
	struct list list = { 0 };
	uint32_t *items;
	uint64_t value = 0;

	if (expect(decoder, place, node, JSON_ARRAY) < 0)
		return -1;
	list.items = items = arena_array(decoder->arena, uint32_t, node->count);
	for (const struct json *item = node->first; item; item = item->next, here.index++) {
		if (decode_uint(decoder, &here, item, 0, UINT32_MAX, &value) < 0)
			return -1;
		items[list.count++] = (uint32_t)value;
	}
	memcpy(member, &list, sizeof(list));
	return 0;
}

/* An array of objects, or an object of them whose keys go into a member each. */
static int decode_objects(struct decoder *decoder, const struct place *place,
			  const struct schema_row *row, const struct json *node, char *member)
{
	bool keyed = row->kind == SCHEMA_OBJECT_MAP;
	struct place here = { .outer = place };
	struct list list = { 0 };
	char *value;

	if (expect(decoder, place, node, keyed ? JSON_OBJECT : JSON_ARRAY) < 0)
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

/* What is there already, of an earlier text or a member that comes twice, stays but for its keys.
 */
static int decode_map(const struct decoder *decoder, const struct place *place,
		      const struct json *node, struct string_map *map)
{
	struct place here = { .outer = place };
	struct string_map all = { .count = map->count };

	if (expect(decoder, place, node, JSON_OBJECT) < 0)
		return -1;
	all.items = arena_array(decoder->arena, struct string_pair, map->count + node->count);
	if (map->count)
		memcpy(all.items, map->items, map->count * sizeof(*all.items));
	for (const struct json *item = node->first; item; item = item->next) {
		size_t i = 0;

		here.key = item->key;
		if (expect(decoder, &here, item, JSON_STRING) < 0)
			return -1;
		while (i < map->count && strcmp(all.items[i].key, item->key) != 0)
			i++;
		if (i == map->count)
			i = all.count++;
		all.items[i] = (struct string_pair){
			.key = (char *)(uintptr_t)item->key,
			.value = (char *)(uintptr_t)item->text,
		};
	}
	*map = all;
	return 0;
}

static int decode_keys(const struct decoder *decoder, const struct place *place,
		       const struct json *node, struct string_list *list)
{
	if (expect(decoder, place, node, JSON_OBJECT) < 0)
		return -1;
	*list = (struct string_list){
		.items = arena_array(decoder->arena, char *, node->count + 1),
	};
	for (const struct json *item = node->first; item; item = item->next)
		list->items[list->count++] = (char *)(uintptr_t)item->key;
	return 0;
}

static int decode_uint_map(const struct decoder *decoder, const struct place *place,
			   const struct json *node, struct uint_map *map)
{
	struct place here = { .outer = place };

	if (expect(decoder, place, node, JSON_OBJECT) < 0)
		return -1;
	*map = (struct uint_map){
		.items = arena_array(decoder->arena, struct uint_pair, node->count),
	};
	for (const struct json *item = node->first; item; item = item->next) {
		struct uint_pair *pair = &map->items[map->count];

		here.key = item->key;
		if (decode_uint(decoder, &here, item, 0, UINT64_MAX, &pair->value) < 0)
			return -1;
		pair->key = (char *)(uintptr_t)item->key;
		map->count++;
	}
	return 0;
}

static int decode_real(const struct decoder *decoder, const struct place *place,
		       const struct json *node, double *value)
{
	if (expect(decoder, place, node, JSON_NUMBER) < 0)
		return -1;
	*value = strtod(node->text, NULL);
	return 0;
}

static int decode_bool(const struct decoder *decoder, const struct place *place,
		       const struct json *node, bool *value)
{
	if (expect(decoder, place, node, JSON_BOOLEAN) < 0)
		return -1;
	*value = node->truth;
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
	write_path(place, path, sizeof(path));
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

	if (expect(decoder, place, node, JSON_OBJECT) < 0)
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
