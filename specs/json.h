/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * JSON texts (RFC 8259) as trees of nodes in an arena. Most documents are better read through
 * specs/schema.h, which sits on top of this.
 *
 * Stricter than the RFC where it leaves a choice: members may not be named twice, strings have no
 * NUL in them and are valid Unicode (so they can be C strings), nesting ends at JSON_MAX_DEPTH and
 * the whole at JSON_MAX_NODES values. Numbers stay text, so that none is rounded.
 */

#define JSON_MAX_DEPTH 64
#define JSON_MAX_NODES (1U << 20)

enum json_kind { JSON_NULL, JSON_BOOLEAN, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_kind kind;
	bool truth;	     /* of a boolean */
	uint32_t key_length; /* of a member's name */
	const char *key;     /* the member's name; NULL outside of an object */
	const char *text;    /* the contents of a string, or a number as it was written */
	struct json *first;  /* what is inside of an array or object ... */
	size_t count;	     /* ... and how much that is */
	struct json *next;   /* the next in the same array or object */
	size_t end;	     /* offset in the text behind the value's first token */
};

/*
 * Reads a text. name is the file's, for messages: "spec.json:3:17: lexical error: invalid char in
 * json text". Copies what it keeps: text may go away. Returns the outermost value in *root.
 * Errors: EINVAL.
 */
int json_parse(struct arena *arena, const char *name, const char *text, size_t size,
	       struct json **root, struct error *err);

/* The member of an object, or NULL (also if node is no object). */
const struct json *json_member(const struct json *node, const char *key);

/* "null", "boolean", "number", ... */
const char *json_kind_name(enum json_kind kind);

/* Where the value begins in the text that it was read from; both count from 1, columns in bytes. */
void json_position(const struct json *node, const char *text, size_t *line, size_t *column);
