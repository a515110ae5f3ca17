/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "specs/json.h"

/*
 * Writes one JSON text, value by value, into an arena:
 *
 *	struct json_writer *writer = json_writer_new(arena, JSON_INDENTED);
 *
 *	json_begin_object(writer);
 *	json_write_key(writer, "pids");
 *	json_begin_array(writer);
 *	json_write_int(writer, 42);
 *	json_end_array(writer);
 *	json_end_object(writer);
 *	text = json_writer_text(writer, &size);
 *
 * What comes in a wrong order (a value without a key inside of an object, two outermost values)
 * is a bug of the caller and is left out. Nesting ends at yajl's depth of 128.
 */

enum json_style {
	JSON_INDENTED, /* by two blanks, with a newline at the end */
	JSON_COMPACT,  /* one line without blanks and without newline */
};

struct json_writer;

struct json_writer *json_writer_new(struct arena *arena, enum json_style style);

void json_write_key(struct json_writer *writer, const char *key);
/* Bytes that are no UTF-8 are replaced by U+FFFD, so that the text can be read again. NULL: null */
void json_write_string(struct json_writer *writer, const char *text);
void json_write_int(struct json_writer *writer, int64_t value);
void json_write_uint(struct json_writer *writer, uint64_t value);
/* With up to 15 digits, as few as say it: 0.12. What is no number: null. */
void json_write_real(struct json_writer *writer, double value);
void json_write_bool(struct json_writer *writer, bool value);
void json_write_null(struct json_writer *writer);
void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);

/* A value that json_parse() has read, with all that is in it. */
void json_write_node(struct json_writer *writer, const struct json *node);

/* The text so far, ended by a NUL; size (may be NULL) is without it. It is in the arena. */
char *json_writer_text(struct json_writer *writer, size_t *size);
