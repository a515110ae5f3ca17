/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "specs/json_writer.h"
#include "specs/optional.h"
#include "specs/uint_map.h"

/*
 * The schema engine: one table per JSON object says how its members lie in a C structure, and
 * serves decoding, encoding and the search for unknown members.
 *
 * How a document is written. Its header has the structures; its .c file has one SCHEMA for each,
 * innermost first, and calls schema_decode() and schema_encode() on the outermost:
 *
 *	struct pet {				{ "name": "Rex", "kind": "dog", "legs": 4,
 *		char *name;			  "food": ["bones"] }
 *		int kind;
 *		struct opt_uint legs;
 *		struct string_list food;
 *	};
 *
 *	static const struct schema_word kinds[] = { { "dog", PET_DOG }, { "cat", PET_CAT }, { 0 } };
 *
 *	SCHEMA(pet,
 *		STRING(pet, name, "name", .flags = REQUIRED),
 *		ENUM(pet, kind, "kind", kinds),
 *		OPT_UINT(pet, legs, "legs", RANGE(0, 8)),
 *		STRINGS(pet, food, "food"));
 *
 *	schema_decode(&pet_schema, arena, "pet.json", text, size, &pet, err);
 *
 * The structure begins as zeros. Absent members and JSON nulls leave it so: a string is then
 * NULL, a list empty, an object NULL, a number 0; where absent and zero differ use the OPT_ rows.
 * Decoding another text into a structure that was decoded before lays it over: its members
 * replace those, objects member by member, lists and maps as a whole.
 * A member's name may differ in case from the row's, as in Go; keys of maps may not.
 * Encoding leaves out what is zero, empty or NULL, unless the row is REQUIRED or ALWAYS.
 * The compiler checks that each member has the type that its row needs.
 *
 *	row			JSON			member
 *	STRING			string			char * or const char *
 *	WORD(..., words)	one string of a table	char *
 *	ENUM(..., words)	the same		int: the word's value
 *	BOOL			boolean			bool
 *	INT			whole number		int32_t or int64_t
 *	UINT			whole number >= 0	uint32_t or uint64_t
 *	REAL			number			double
 *	OPT_INT OPT_UINT OPT_BOOL			struct opt_int, opt_uint, opt_bool
 *	STRINGS			array of strings	struct string_list (items end with NULL)
 *	UINTS			array of whole numbers	struct { uint32_t *items; size_t count; }
 *	OBJECT(..., o)		object			struct o *
 *	EMBEDDED(..., o)	object			struct o
 *	OBJECTS(..., o)		array of objects	struct { struct o *items; size_t count; }
 *	MAP			object of strings	struct string_map
 *	UINT_MAP		object of whole numbers	struct uint_map
 *	KEYS			object of whatever	struct string_list: its keys; encoded as {}
 *	OBJECT_MAP(..., o, key)	object of objects	as OBJECTS; the key goes to char *o.key
 *	TEXT(..., t)		string that t reads	struct t, named by SCHEMA_TEXT_OF()
 *
 * INT, UINT and their OPT_ forms take RANGE(lowest, highest); without it, what the member holds.
 */

struct schema_word {
	const char *word;
	int value;
};

enum schema_kind {
	SCHEMA_STRING,
	SCHEMA_WORD,
	SCHEMA_ENUM,
	SCHEMA_BOOL,
	SCHEMA_INT,
	SCHEMA_UINT,
	SCHEMA_REAL,
	SCHEMA_OPT_INT,
	SCHEMA_OPT_UINT,
	SCHEMA_OPT_BOOL,
	SCHEMA_STRINGS,
	SCHEMA_UINTS,
	SCHEMA_OBJECT,
	SCHEMA_EMBEDDED,
	SCHEMA_OBJECTS,
	SCHEMA_MAP,
	SCHEMA_UINT_MAP,
	SCHEMA_KEYS,
	SCHEMA_OBJECT_MAP,
	SCHEMA_TEXT,
};

/* Flags of a row. */
enum {
	REQUIRED = 1, /* must be there when decoding; encoded even when zero */
	ALWAYS = 2,   /* encoded even when zero or empty (but not when NULL) */
	ABSOLUTE = 4, /* a string that begins with a slash; empty counts as absent */
};

/* A structure that is one string in a document: an address, say. */
#define SCHEMA_TEXT_SIZE 80
struct schema_text {
	/* Fails with the text in the error, but no place. */
	int (*parse)(const char *text, void *value, struct error *err);
	/* An empty text: absent. */
	char *(*print)(const void *value, char buffer[SCHEMA_TEXT_SIZE]);
};

struct schema_row {
	const char *name;
	uint8_t length; /* of name */
	uint8_t kind, flags;
	uint8_t size; /* of an INT or UINT member: 4 or 8 bytes */
	uint16_t offset, key_offset;
	const struct schema *object;
	union {
		const struct schema_word *words; /* ends with { 0 } */
		const struct schema_text *text;	 /* of a TEXT */
	};
	int64_t min;
	uint64_t max; /* a range of 0 to 0 means none */
};

struct schema {
	const struct schema_row *rows; /* at most 64 */
	size_t count;
	size_t size; /* of the structure */
};

/* Decodes a text; name is the file's, for messages. Errors: EINVAL. */
int schema_decode(const struct schema *schema, struct arena *arena, const char *name,
		  const char *text, size_t size, void *value, struct error *err);

/* The paths of all members of a text that no row names: "linux.namespaces[1].colour". */
int schema_unknown_members(const struct schema *schema, struct arena *arena, const char *name,
			   const char *text, size_t size, struct string_list *paths,
			   struct error *err);

/* Encodes a structure. The text ends with a NUL; size may be NULL. Never fails. */
char *schema_encode(const struct schema *schema, struct arena *arena, const void *value,
		    enum json_style style, size_t *size);

/* The same as one value of a larger text. */
void schema_write(const struct schema *schema, struct json_writer *writer, const void *value);

/* Rows are always static: a document's .c file hands out functions, not tables. */
#define SCHEMA(type, ...)                                                                          \
	static const struct schema_row type##_rows[] = { __VA_ARGS__ };                            \
	static const struct schema type##_schema = {                                               \
		.rows = type##_rows,                                                               \
		.count = sizeof(type##_rows) / sizeof(type##_rows[0]),                             \
		.size = sizeof(struct type),                                                       \
	}

#define RANGE(lowest, highest) .min = (lowest), .max = (highest)

#define STRING(type, member, name, ...)                                                            \
	{                                                                                          \
		SCHEMA_ROW_IF(SCHEMA_STRING, type, member, name,                                   \
			      SCHEMA_IS(type, member, char *) ||                                   \
				      SCHEMA_IS(type, member, const char *)),                      \
			##__VA_ARGS__                                                              \
	}
#define WORD(type, member, name, table, ...)                                                       \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_WORD, type, member, name, char *), .words = (table),             \
								     ##__VA_ARGS__                 \
	}
#define ENUM(type, member, name, table, ...)                                                       \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_ENUM, type, member, name, int), .words = (table), ##__VA_ARGS__  \
	}
#define BOOL(type, member, name, ...)                                                              \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_BOOL, type, member, name, bool), ##__VA_ARGS__                   \
	}
#define INT(type, member, name, ...)                                                               \
	{                                                                                          \
		SCHEMA_ROW_IF(SCHEMA_INT, type, member, name,                                      \
			      SCHEMA_IS(type, member, int32_t) ||                                  \
				      SCHEMA_IS(type, member, int64_t)),                           \
			.size = sizeof(SCHEMA_MEMBER(type, member)), ##__VA_ARGS__                 \
	}
#define UINT(type, member, name, ...)                                                              \
	{                                                                                          \
		SCHEMA_ROW_IF(SCHEMA_UINT, type, member, name,                                     \
			      SCHEMA_IS(type, member, uint32_t) ||                                 \
				      SCHEMA_IS(type, member, uint64_t)),                          \
			.size = sizeof(SCHEMA_MEMBER(type, member)), ##__VA_ARGS__                 \
	}
#define REAL(type, member, name, ...)                                                              \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_REAL, type, member, name, double), ##__VA_ARGS__                 \
	}
#define OPT_INT(type, member, name, ...)                                                           \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_OPT_INT, type, member, name, struct opt_int), ##__VA_ARGS__      \
	}
#define OPT_UINT(type, member, name, ...)                                                          \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_OPT_UINT, type, member, name, struct opt_uint), ##__VA_ARGS__    \
	}
#define OPT_BOOL(type, member, name, ...)                                                          \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_OPT_BOOL, type, member, name, struct opt_bool), ##__VA_ARGS__    \
	}
#define STRINGS(type, member, name, ...)                                                           \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_STRINGS, type, member, name, struct string_list), ##__VA_ARGS__  \
	}
#define UINTS(type, member, name, ...)                                                             \
	{                                                                                          \
		SCHEMA_ROW_IF(SCHEMA_UINTS, type, member, name,                                    \
			      SCHEMA_IS_LIST(type, member, uint32_t)),                             \
			##__VA_ARGS__                                                              \
	}
#define OBJECT(type, member, name, inner, ...)                                                     \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_OBJECT, type, member, name, struct inner *),                     \
			.object = &inner##_schema, ##__VA_ARGS__                                   \
	}
#define EMBEDDED(type, member, name, inner, ...)                                                   \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_EMBEDDED, type, member, name, struct inner),                     \
			.object = &inner##_schema, ##__VA_ARGS__                                   \
	}
#define OBJECTS(type, member, name, inner, ...)                                                    \
	{                                                                                          \
		SCHEMA_ROW_IF(SCHEMA_OBJECTS, type, member, name,                                  \
			      SCHEMA_IS_LIST(type, member, struct inner)),                         \
			.object = &inner##_schema, ##__VA_ARGS__                                   \
	}
#define MAP(type, member, name, ...)                                                               \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_MAP, type, member, name, struct string_map), ##__VA_ARGS__       \
	}
#define UINT_MAP(type, member, name, ...)                                                          \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_UINT_MAP, type, member, name, struct uint_map), ##__VA_ARGS__    \
	}
#define KEYS(type, member, name, ...)                                                              \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_KEYS, type, member, name, struct string_list), ##__VA_ARGS__     \
	}
#define OBJECT_MAP(type, member, name, inner, key, ...)                                            \
	{                                                                                          \
		SCHEMA_ROW_IF(SCHEMA_OBJECT_MAP, type, member, name,                               \
			      SCHEMA_IS_LIST(type, member, struct inner) &&                        \
				      SCHEMA_IS(inner, key, char *)),                              \
			.object = &inner##_schema, .key_offset = offsetof(struct inner, key),      \
			##__VA_ARGS__                                                              \
	}
#define TEXT(type, member, name, inner, ...)                                                       \
	{                                                                                          \
		SCHEMA_ROW(SCHEMA_TEXT, type, member, name, struct inner), .text = &inner##_text,  \
									   ##__VA_ARGS__           \
	}

/*
 * Before the tables with a TEXT of struct inner: the functions that read and write it, which are
 * int parse(const char *, struct inner *, struct error *) and
 * char *print(const struct inner *, char *buffer).
 */
#define SCHEMA_TEXT_OF(inner, parse_function, print_function)                                      \
	static int inner##_text_parse(const char *text, void *value, struct error *err)            \
	{                                                                                          \
		return parse_function(text, (struct inner *)value, err);                           \
	}                                                                                          \
	static char *inner##_text_print(const void *value, char buffer[SCHEMA_TEXT_SIZE])          \
	{                                                                                          \
		return print_function((const struct inner *)value, buffer);                        \
	}                                                                                          \
	static const struct schema_text inner##_text = { inner##_text_parse, inner##_text_print }

/* For the macros above only. */
#define SCHEMA_MEMBER(type, member) (((struct type *)0)->member)
#define SCHEMA_IS(type, member, expected)                                                          \
	__builtin_types_compatible_p(__typeof__(SCHEMA_MEMBER(type, member)), expected)
#define SCHEMA_IS_LIST(type, member, item)                                                         \
	(__builtin_types_compatible_p(__typeof__(SCHEMA_MEMBER(type, member).items), item *) &&    \
	 __builtin_types_compatible_p(__typeof__(SCHEMA_MEMBER(type, member).count), size_t) &&    \
	 sizeof(SCHEMA_MEMBER(type, member)) == sizeof(void *) + sizeof(size_t) &&                 \
	 offsetof(struct type, member.items) == offsetof(struct type, member))
#define SCHEMA_ROW_IF(row_kind, type, member_name, json_name, right_type)                          \
	.name = (json_name), .length = sizeof(json_name) - 1, .kind = (row_kind),                  \
	.offset = offsetof(struct type, member_name) +                                             \
		  0 * sizeof(struct {                                                              \
			  _Static_assert(right_type, #type "." #member_name " has another type");  \
			  int unused;                                                              \
		  })
#define SCHEMA_ROW(row_kind, type, member, json_name, expected)                                    \
	SCHEMA_ROW_IF(row_kind, type, member, json_name, SCHEMA_IS(type, member, expected))
