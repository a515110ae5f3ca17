/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/json.h"
#include "specs/schema.h"

/*
 * What decoding by a schema table is made of; for specs/schema*.c only. All that can fail returns
 * -1 with decoder->err filled (EINVAL), which names the document and the place in it. Strings in
 * values are those of the JSON tree, which lives in the decoder's arena.
 */

struct decoder {
	struct arena *arena;
	const char *name; /* of the document */
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

/* What every list of a document looks like; copied, since its items have another type there. */
struct list {
	void *items;
	size_t count;
};

/* schema_place.c: "linux.sysctl["net.ipv4.ip_forward"]", cut off at size; returns its length. */
size_t schema_place_text(const struct place *place, char *path, size_t size);
__attribute__((format(printf, 3, 4))) int
fail_place(const struct decoder *decoder, const struct place *place, const char *format, ...);
/* Fails unless node is of that kind. */
int decode_expect(const struct decoder *decoder, const struct place *place, const struct json *node,
		  enum json_kind kind);

/* schema_values.c: numbers; min and max are allowed. */
int decode_int(const struct decoder *decoder, const struct place *place, const struct json *node,
	       int64_t min, int64_t max, int64_t *value);
int decode_uint(const struct decoder *decoder, const struct place *place, const struct json *node,
		uint64_t min, uint64_t max, uint64_t *value);
/* As wide as the row says: 32 or 64 bits. */
int decode_sized_int(const struct decoder *decoder, const struct place *place,
		     const struct schema_row *row, const struct json *node, char *member);
int decode_sized_uint(const struct decoder *decoder, const struct place *place,
		      const struct schema_row *row, const struct json *node, char *member);
int decode_real(const struct decoder *decoder, const struct place *place, const struct json *node,
		double *value);
int decode_bool(const struct decoder *decoder, const struct place *place, const struct json *node,
		bool *value);
/* Strings; a word is one of the row. */
int decode_string(const struct decoder *decoder, const struct place *place,
		  const struct schema_row *row, const struct json *node, char **value);
int decode_word(const struct decoder *decoder, const struct place *place,
		const struct schema_row *row, const struct json *node, char *member);
/* A string that the row's own function reads. */
int decode_parsed(const struct decoder *decoder, const struct place *place,
		  const struct schema_row *row, const struct json *node, char *member);
/* Lists and maps of plain values; a map that is there already keeps what the node has not. */
int decode_strings(const struct decoder *decoder, const struct place *place,
		   const struct json *node, struct string_list *list);
int decode_uints(const struct decoder *decoder, const struct place *place, const struct json *node,
		 char *member);
int decode_map(const struct decoder *decoder, const struct place *place, const struct json *node,
	       struct string_map *map);
int decode_uint_map(const struct decoder *decoder, const struct place *place,
		    const struct json *node, struct uint_map *map);
/* The keys of an object. */
int decode_keys(const struct decoder *decoder, const struct place *place, const struct json *node,
		struct string_list *list);
