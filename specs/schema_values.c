/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "specs/schema_decode.h"

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

int decode_int(const struct decoder *decoder, const struct place *place, const struct json *node,
	       int64_t min, int64_t max, int64_t *value)
{
	uint64_t magnitude;
	bool negative, overflow;

	if (decode_expect(decoder, place, node, JSON_NUMBER) < 0)
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

int decode_uint(const struct decoder *decoder, const struct place *place, const struct json *node,
		uint64_t min, uint64_t max, uint64_t *value)
{
	bool negative, overflow;

	if (decode_expect(decoder, place, node, JSON_NUMBER) < 0)
		return -1;
	if (read_whole(node->text, &negative, value, &overflow) < 0)
		return fail_place(decoder, place, "whole number expected, found %s", node->text);
	if (!overflow && *value >= min && *value <= max && (!negative || *value == 0))
		return 0;
	return fail_place(decoder, place, "%s is out of range (%llu to %llu)", node->text,
			  (unsigned long long)min, (unsigned long long)max);
}

int decode_sized_int(const struct decoder *decoder, const struct place *place,
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

int decode_sized_uint(const struct decoder *decoder, const struct place *place,
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

int decode_string(const struct decoder *decoder, const struct place *place,
		  const struct schema_row *row, const struct json *node, char **value)
{
	if (decode_expect(decoder, place, node, JSON_STRING) < 0)
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

int decode_word(const struct decoder *decoder, const struct place *place,
		const struct schema_row *row, const struct json *node, char *member)
{
	const struct schema_word *word = row->words;

	if (decode_expect(decoder, place, node, JSON_STRING) < 0)
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

int decode_parsed(const struct decoder *decoder, const struct place *place,
		  const struct schema_row *row, const struct json *node, char *member)
{
	struct error reason = { 0 };

	if (decode_expect(decoder, place, node, JSON_STRING) < 0)
		return -1;
	if (!node->text[0] && !(row->flags & REQUIRED))
		return 0; /* as Go programs write what they have not set */
	if (row->text->parse(node->text, member, &reason) < 0)
		return fail_place(decoder, place, "%s", reason.text);
	return 0;
}

int decode_strings(const struct decoder *decoder, const struct place *place,
		   const struct json *node, struct string_list *list)
{
	struct place here = { .outer = place };

	if (decode_expect(decoder, place, node, JSON_ARRAY) < 0)
		return -1;
	*list = (struct string_list){
		.items = arena_array(decoder->arena, char *, node->count + 1),
	};
	for (const struct json *item = node->first; item; item = item->next, here.index++) {
		if (decode_expect(decoder, &here, item, JSON_STRING) < 0)
			return -1;
		list->items[list->count++] = (char *)(uintptr_t)item->text;
	}
	return 0;
}

int decode_uints(const struct decoder *decoder, const struct place *place, const struct json *node,
		 char *member)
{
	struct place here = { .outer = place };
	struct list list = { 0 };
	uint32_t *items;
	uint64_t value = 0;

	if (decode_expect(decoder, place, node, JSON_ARRAY) < 0)
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

/* What is there already, of an earlier text or a member that comes twice, stays but for its keys.
 */
int decode_map(const struct decoder *decoder, const struct place *place, const struct json *node,
	       struct string_map *map)
{
	struct place here = { .outer = place };
	struct string_map all = { .count = map->count };

	if (decode_expect(decoder, place, node, JSON_OBJECT) < 0)
		return -1;
	all.items = arena_array(decoder->arena, struct string_pair, map->count + node->count);
	if (map->count)
		memcpy(all.items, map->items, map->count * sizeof(*all.items));
	for (const struct json *item = node->first; item; item = item->next) {
		size_t i = 0;

		here.key = item->key;
		if (decode_expect(decoder, &here, item, JSON_STRING) < 0)
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

int decode_keys(const struct decoder *decoder, const struct place *place, const struct json *node,
		struct string_list *list)
{
	if (decode_expect(decoder, place, node, JSON_OBJECT) < 0)
		return -1;
	*list = (struct string_list){
		.items = arena_array(decoder->arena, char *, node->count + 1),
	};
	for (const struct json *item = node->first; item; item = item->next)
		list->items[list->count++] = (char *)(uintptr_t)item->key;
	return 0;
}

int decode_uint_map(const struct decoder *decoder, const struct place *place,
		    const struct json *node, struct uint_map *map)
{
	struct place here = { .outer = place };

	if (decode_expect(decoder, place, node, JSON_OBJECT) < 0)
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

int decode_real(const struct decoder *decoder, const struct place *place, const struct json *node,
		double *value)
{
	if (decode_expect(decoder, place, node, JSON_NUMBER) < 0)
		return -1;
	*value = strtod(node->text, NULL);
	return 0;
}

int decode_bool(const struct decoder *decoder, const struct place *place, const struct json *node,
		bool *value)
{
	if (decode_expect(decoder, place, node, JSON_BOOLEAN) < 0)
		return -1;
	*value = node->truth;
	return 0;
}
