/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "specs/schema.h"

/* As in schema.c: copied, since the items have another type in the structure. */
struct list {
	const void *items;
	size_t count;
};

static void write_object(struct json_writer *writer, const struct schema *schema,
			 const char *value);

static struct list read_list(const char *member)
{
	struct list list;

	memcpy(&list, member, sizeof(list));
	return list;
}

static const void *read_pointer(const char *member)
{
	const void *pointer;

	memcpy(&pointer, member, sizeof(pointer));
	return pointer;
}

static int64_t read_int(const struct schema_row *row, const char *member)
{
	int32_t narrow;
	int64_t wide;

	if (row->size == sizeof(narrow)) {
		memcpy(&narrow, member, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, member, sizeof(wide));
	return wide;
}

static uint64_t read_uint(const struct schema_row *row, const char *member)
{
	uint32_t narrow;
	uint64_t wide;

	if (row->size == sizeof(narrow)) {
		memcpy(&narrow, member, sizeof(narrow));
		return narrow;
	}
	memcpy(&wide, member, sizeof(wide));
	return wide;
}

static double read_real(const char *member)
{
	double value;

	memcpy(&value, member, sizeof(value));
	return value;
}

static int read_enum(const char *member)
{
	int value;

	memcpy(&value, member, sizeof(value));
	return value;
}

static bool has_text(const struct schema_row *row, const char *member)
{
	char buffer[SCHEMA_TEXT_SIZE];

	return row->text->print(member, buffer)[0] != '\0';
}

/* Whether anything in an object would be written. */
static bool is_present(const struct schema *schema, const char *value);

/* Whether the member is to be written. */
static bool is_written(const struct schema_row *row, const char *member)
{
	const bool always = row->flags & (REQUIRED | ALWAYS);

	switch ((enum schema_kind)row->kind) {
	case SCHEMA_STRING:
	case SCHEMA_WORD:
	case SCHEMA_OBJECT:
		return read_pointer(member) != NULL;
	case SCHEMA_ENUM:
		return always || read_enum(member) != 0;
	case SCHEMA_BOOL:
		return always || *(const bool *)member;
	case SCHEMA_INT:
		return always || read_int(row, member) != 0;
	case SCHEMA_UINT:
		return always || read_uint(row, member) != 0;
	case SCHEMA_REAL:
		return always || read_real(member) < 0 || read_real(member) > 0;
	case SCHEMA_OPT_INT:
		return ((const struct opt_int *)(const void *)member)->set;
	case SCHEMA_OPT_UINT:
		return ((const struct opt_uint *)(const void *)member)->set;
	case SCHEMA_OPT_BOOL:
		return ((const struct opt_bool *)(const void *)member)->set;
	case SCHEMA_EMBEDDED:
		return always || is_present(row->object, member);
	case SCHEMA_STRINGS:
	case SCHEMA_UINTS:
	case SCHEMA_OBJECTS:
	case SCHEMA_MAP:
	case SCHEMA_UINT_MAP:
	case SCHEMA_KEYS:
	case SCHEMA_OBJECT_MAP:
		return always || read_list(member).count > 0;
	case SCHEMA_TEXT:
		return always || has_text(row, member);
	}
	return false;
}

/* Not that of its rows that are always written: they do not make an embedded object present. */
static bool is_present(const struct schema *schema, const char *value)
{
	for (size_t i = 0; i < schema->count; i++) {
		struct schema_row row = schema->rows[i];

		row.flags = 0;
		if (is_written(&row, value + row.offset))
			return true;
	}
	return false;
}

static void write_enum(struct json_writer *writer, const struct schema_row *row, int value)
{
	const struct schema_word *word = row->words;

	while (word->word && word->value != value)
		word++;
	json_write_string(writer, word->word);
}

static void write_strings(struct json_writer *writer, const char *member)
{
	const struct string_list *list = (const void *)member;

	json_begin_array(writer);
	for (size_t i = 0; i < list->count; i++)
		json_write_string(writer, list->items[i]);
	json_end_array(writer);
}

static void write_uints(struct json_writer *writer, const char *member)
{
	const struct list list = read_list(member);
	const uint32_t *items = list.items;

	json_begin_array(writer);
	for (size_t i = 0; i < list.count; i++)
		json_write_uint(writer, items[i]);
	json_end_array(writer);
}

static void write_objects(struct json_writer *writer, const struct schema_row *row,
			  const char *member)
{
	const struct list list = read_list(member);
	const char *items = list.items;

	json_begin_array(writer);
	for (size_t i = 0; i < list.count; i++)
		write_object(writer, row->object, items + i * row->object->size);
	json_end_array(writer);
}

static void write_object_map(struct json_writer *writer, const struct schema_row *row,
			     const char *member)
{
	const struct list list = read_list(member);
	const char *items = list.items;

	json_begin_object(writer);
	for (size_t i = 0; i < list.count; i++) {
		const char *item = items + i * row->object->size;

		json_write_key(writer, read_pointer(item + row->key_offset));
		write_object(writer, row->object, item);
	}
	json_end_object(writer);
}

static void write_map(struct json_writer *writer, const char *member)
{
	const struct string_map *map = (const void *)member;

	json_begin_object(writer);
	for (size_t i = 0; i < map->count; i++) {
		json_write_key(writer, map->items[i].key);
		json_write_string(writer, map->items[i].value);
	}
	json_end_object(writer);
}

static void write_uint_map(struct json_writer *writer, const char *member)
{
	const struct uint_map *map = (const void *)member;

	json_begin_object(writer);
	for (size_t i = 0; i < map->count; i++) {
		json_write_key(writer, map->items[i].key);
		json_write_uint(writer, map->items[i].value);
	}
	json_end_object(writer);
}

static void write_keys(struct json_writer *writer, const char *member)
{
	const struct string_list *list = (const void *)member;

	json_begin_object(writer);
	for (size_t i = 0; i < list->count; i++) {
		json_write_key(writer, list->items[i]);
		json_begin_object(writer);
		json_end_object(writer);
	}
	json_end_object(writer);
}

static void write_text(struct json_writer *writer, const struct schema_row *row, const char *member)
{
	char buffer[SCHEMA_TEXT_SIZE];

	json_write_string(writer, row->text->print(member, buffer));
}

static void write_member(struct json_writer *writer, const struct schema_row *row,
			 const char *member)
{
	switch ((enum schema_kind)row->kind) {
	case SCHEMA_STRING:
	case SCHEMA_WORD:
		json_write_string(writer, read_pointer(member));
		break;
	case SCHEMA_ENUM:
		write_enum(writer, row, read_enum(member));
		break;
	case SCHEMA_BOOL:
		json_write_bool(writer, *(const bool *)member);
		break;
	case SCHEMA_INT:
		json_write_int(writer, read_int(row, member));
		break;
	case SCHEMA_UINT:
		json_write_uint(writer, read_uint(row, member));
		break;
	case SCHEMA_REAL:
		json_write_real(writer, read_real(member));
		break;
	case SCHEMA_OPT_INT:
		json_write_int(writer, ((const struct opt_int *)(const void *)member)->value);
		break;
	case SCHEMA_OPT_UINT:
		json_write_uint(writer, ((const struct opt_uint *)(const void *)member)->value);
		break;
	case SCHEMA_OPT_BOOL:
		json_write_bool(writer, ((const struct opt_bool *)(const void *)member)->value);
		break;
	case SCHEMA_STRINGS:
		write_strings(writer, member);
		break;
	case SCHEMA_UINTS:
		write_uints(writer, member);
		break;
	case SCHEMA_OBJECT:
		write_object(writer, row->object, read_pointer(member));
		break;
	case SCHEMA_EMBEDDED:
		write_object(writer, row->object, member);
		break;
	case SCHEMA_OBJECTS:
		write_objects(writer, row, member);
		break;
	case SCHEMA_OBJECT_MAP:
		write_object_map(writer, row, member);
		break;
	case SCHEMA_MAP:
		write_map(writer, member);
		break;
	case SCHEMA_UINT_MAP:
		write_uint_map(writer, member);
		break;
	case SCHEMA_KEYS:
		write_keys(writer, member);
		break;
	case SCHEMA_TEXT:
		write_text(writer, row, member);
		break;
	}
}

static void write_object(struct json_writer *writer, const struct schema *schema, const char *value)
{
	json_begin_object(writer);
	for (size_t i = 0; i < schema->count; i++) {
		const struct schema_row *row = &schema->rows[i];

		if (!is_written(row, value + row->offset))
			continue;
		json_write_key(writer, row->name);
		write_member(writer, row, value + row->offset);
	}
	json_end_object(writer);
}

void schema_write(const struct schema *schema, struct json_writer *writer, const void *value)
{
	write_object(writer, schema, value);
}

char *schema_encode(const struct schema *schema, struct arena *arena, const void *value,
		    enum json_style style, size_t *size)
{
	struct json_writer *writer = json_writer_new(arena, style);

	write_object(writer, schema, value);
	return json_writer_text(writer, size);
}
