/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/criu_message.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"

/* The two kinds of values on the wire that criu's messages have. */
enum wire { WIRE_VARINT = 0, WIRE_BYTES = 2 };

enum kind { KIND_FLAG, KIND_INT, KIND_STRING, KIND_STRINGS, KIND_PAIRS };

struct row {
	unsigned int number; /* in message criu_opts */
	enum kind kind;
	const char *name;
	size_t offset;
};

#define ROW(number_, kind_, member)                                                                \
	{                                                                                          \
		number_, KIND_##kind_, #member, offsetof(struct criu_options, member)              \
	}

static const struct row rows[] = {
	ROW(1, INT, images_dir_fd),
	ROW(2, INT, pid),
	ROW(3, FLAG, leave_running),
	ROW(4, FLAG, ext_unix_sk),
	ROW(5, FLAG, tcp_established),
	ROW(6, FLAG, evasive_devices),
	ROW(7, FLAG, shell_job),
	ROW(8, FLAG, file_locks),
	ROW(9, INT, log_level),
	ROW(10, STRING, log_file),
	ROW(11, PAIRS, page_server),
	ROW(12, FLAG, notify),
	ROW(13, STRING, root),
	ROW(14, STRING, parent_img),
	ROW(15, FLAG, track_mem),
	ROW(16, FLAG, auto_dedup),
	ROW(17, INT, work_dir_fd),
	ROW(18, FLAG, link_remap),
	ROW(25, PAIRS, cgroup_root),
	ROW(26, FLAG, sibling),
	ROW(27, PAIRS, inherit),
	ROW(34, INT, manage_cgroups),
	ROW(37, STRINGS, external),
	ROW(38, INT, empty_ns),
	ROW(39, PAIRS, join),
	ROW(44, STRING, freeze_cgroup),
	ROW(46, FLAG, tcp_skip_in_flight),
	ROW(48, FLAG, lazy_pages),
	ROW(50, FLAG, orphan_pts_master),
	ROW(51, STRING, config_file),
	ROW(52, FLAG, tcp_close),
	ROW(53, STRING, lsm_profile),
	ROW(63, STRING, lsm_mount_context),
	ROW(64, INT, network_lock),
};

/* --- writing ------------------------------------------------------------------------------------
 */

static void put_varint(FILE *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		putc((int)(value & 0x7f) | 0x80, out);
	putc((int)value, out);
}

static void put_number(FILE *out, unsigned int field, int64_t value)
{
	put_varint(out, (uint64_t)field << 3 | WIRE_VARINT);
	put_varint(out, (uint64_t)value);
}

static void put_bytes(FILE *out, unsigned int field, const void *bytes, size_t size)
{
	put_varint(out, (uint64_t)field << 3 | WIRE_BYTES);
	put_varint(out, size);
	fwrite(bytes, 1, size, out);
}

static void put_string(FILE *out, unsigned int field, const char *text)
{
	if (text)
		put_bytes(out, field, text, strlen(text));
}

static FILE *open_buffer(char **buffer, size_t *size)
{
	FILE *out = open_memstream(buffer, size);

	if (!out)
		abort(); /* out of memory, as everywhere (base/arena.h) */
	return out;
}

/* Closes the buffer and moves what is in it to the arena. */
static void *close_buffer(struct arena *arena, FILE *out, char **buffer, const size_t *size)
{
	char *copy;

	if (fclose(out) != 0)
		abort();
	copy = arena_alloc(arena, *size + 1);
	memcpy(copy, *buffer, *size);
	free(*buffer);
	return copy;
}

static void put_pair(FILE *out, unsigned int field, const struct criu_pair *pair)
{
	char *bytes;
	size_t size;
	FILE *inner = open_buffer(&bytes, &size);

	put_string(inner, 1, pair->first);
	if (pair->second)
		put_string(inner, 2, pair->second);
	else
		put_number(inner, 2, pair->number);
	if (fclose(inner) != 0)
		abort();
	put_bytes(out, field, bytes, size);
	free(bytes);
}

static void put_row(FILE *out, const struct row *row, const void *member)
{
	const struct string_list *strings = member;
	const struct criu_pairs *pairs = member;

	switch (row->kind) {
	case KIND_FLAG:
		if (*(const bool *)member)
			put_number(out, row->number, 1);
		break;
	case KIND_INT:
		if (*(const int *)member != -1)
			put_number(out, row->number, *(const int *)member);
		break;
	case KIND_STRING:
		put_string(out, row->number, *(const char *const *)member);
		break;
	case KIND_STRINGS:
		for (size_t i = 0; i < strings->count; i++)
			put_string(out, row->number, strings->items[i]);
		break;
	case KIND_PAIRS:
		for (size_t i = 0; i < pairs->count; i++)
			put_pair(out, row->number, &pairs->items[i]);
		break;
	}
}

/* Message criu_req: type 1, opts 2, notify_success 3. */
void *criu_request_encode(struct arena *arena, enum criu_type type,
			  const struct criu_options *options, size_t *size)
{
	char *inner_bytes, *bytes;
	size_t inner_size;
	FILE *inner = open_buffer(&inner_bytes, &inner_size), *out = open_buffer(&bytes, size);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		put_row(inner, &rows[i], (const char *)options + rows[i].offset);
	if (fclose(inner) != 0)
		abort();
	put_number(out, 1, type);
	put_bytes(out, 2, inner_bytes, inner_size);
	free(inner_bytes);
	return close_buffer(arena, out, &bytes, size);
}

void *criu_answer_encode(struct arena *arena, bool success, size_t *size)
{
	char *bytes;
	FILE *out = open_buffer(&bytes, size);

	put_number(out, 1, CRIU_NOTIFY);
	put_number(out, 3, success);
	return close_buffer(arena, out, &bytes, size);
}

static void print_pairs(FILE *out, const struct row *row, const struct criu_pairs *pairs)
{
	for (size_t i = 0; i < pairs->count; i++) {
		const struct criu_pair *pair = &pairs->items[i];

		fprintf(out, "%s %s ", row->name, pair->first ?: "-");
		if (pair->second)
			fprintf(out, "%s\n", pair->second);
		else
			fprintf(out, "%d\n", pair->number);
	}
}

static void print_row(FILE *out, const struct row *row, const void *member)
{
	const struct string_list *strings = member;

	switch (row->kind) {
	case KIND_FLAG:
		if (*(const bool *)member)
			fprintf(out, "%s\n", row->name);
		break;
	case KIND_INT:
		if (*(const int *)member != -1)
			fprintf(out, "%s %d\n", row->name, *(const int *)member);
		break;
	case KIND_STRING:
		if (*(const char *const *)member)
			fprintf(out, "%s %s\n", row->name, *(const char *const *)member);
		break;
	case KIND_STRINGS:
		for (size_t i = 0; i < strings->count; i++)
			fprintf(out, "%s %s\n", row->name, strings->items[i]);
		break;
	case KIND_PAIRS:
		print_pairs(out, row, member);
		break;
	}
}

char *criu_options_print(struct arena *arena, const struct criu_options *options)
{
	char *text;
	size_t size;
	FILE *out = open_buffer(&text, &size);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		print_row(out, &rows[i], (const char *)options + rows[i].offset);
	return close_buffer(arena, out, &text, &size);
}

/* --- reading ------------------------------------------------------------------------------------
 */

struct reader {
	const unsigned char *at, *end;
	bool broken; /* it ended too early, or has what no such message has */
};

struct field {
	unsigned int number;
	enum wire wire;
	uint64_t value;	     /* WIRE_VARINT */
	struct reader bytes; /* WIRE_BYTES */
};

static uint64_t get_varint(struct reader *reader)
{
	uint64_t value = 0;

	for (unsigned int shift = 0; shift < 64 && reader->at < reader->end; shift += 7) {
		unsigned char byte = *reader->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return value;
	}
	reader->broken = true;
	return 0;
}

/* Takes the next field. Returns false at the end, and when the rest cannot be read. */
static bool next_field(struct reader *reader, struct field *field)
{
	uint64_t tag, size;

	if (reader->broken || reader->at == reader->end)
		return false;
	tag = get_varint(reader);
	*field = (struct field){ .number = (unsigned int)(tag >> 3), .wire = (enum wire)(tag & 7) };
	if (field->wire == WIRE_VARINT) {
		field->value = get_varint(reader);
	} else if (field->wire == WIRE_BYTES) {
		size = get_varint(reader);
		if (size > (uint64_t)(reader->end - reader->at))
			reader->broken = true;
		if (reader->broken)
			return false;
		field->bytes = (struct reader){ reader->at, reader->at + size, false };
		reader->at += size;
	} else {
		reader->broken = true;
	}
	return !reader->broken;
}

static char *field_text(struct arena *arena, const struct field *field)
{
	return arena_strndup(arena, (const char *)field->bytes.at,
			     (size_t)(field->bytes.end - field->bytes.at));
}

/* criu_notify: script 1, pid 2. */
static void read_notify(struct arena *arena, struct reader *reader, struct criu_response *response)
{
	struct field field;

	while (next_field(reader, &field)) {
		if (field.number == 1 && field.wire == WIRE_BYTES)
			response->script = field_text(arena, &field);
		else if (field.number == 2 && field.wire == WIRE_VARINT)
			response->pid = (pid_t)field.value;
	}
}

/* criu_restore_resp: pid 1. */
static void read_restore(struct reader *reader, struct criu_response *response)
{
	struct field field;

	while (next_field(reader, &field))
		if (field.number == 1 && field.wire == WIRE_VARINT)
			response->pid = (pid_t)field.value;
}

/* criu_resp: type 1, success 2, restore 4, notify 5, cr_errno 7, cr_errmsg 9. */
static void read_field(struct arena *arena, struct reader *reader, struct field *field,
		       struct criu_response *response)
{
	bool bytes = field->wire == WIRE_BYTES;

	if (field->number == 1 && !bytes)
		response->type = (enum criu_type)field->value;
	else if (field->number == 2 && !bytes)
		response->success = field->value;
	else if (field->number == 7 && !bytes)
		response->errnum = (int)field->value;
	else if (field->number == 4 && bytes)
		read_restore(&field->bytes, response);
	else if (field->number == 5 && bytes)
		read_notify(arena, &field->bytes, response);
	else if (field->number == 9 && bytes)
		response->message = field_text(arena, field);
	reader->broken = reader->broken || field->bytes.broken;
}

int criu_response_decode(struct arena *arena, const void *data, size_t size,
			 struct criu_response *response, struct error *err)
{
	struct reader reader = { data, (const unsigned char *)data + size, false };
	struct field field;

	*response = (struct criu_response){ .script = "" };
	while (next_field(&reader, &field))
		read_field(arena, &reader, &field, response);
	if (reader.broken || !size)
		return fail(err, EPROTO, "criu: its answer cannot be read");
	return 0;
}
