/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hook_state.h"

#include <stdio.h>
#include <string.h>

#include "specs/json_writer.h"

/* Room for the status and the pid. */
#define MIDDLE_SIZE 64

void hook_state_plan(struct arena *arena, const struct spec *spec, const char *id,
		     const char *bundle, struct hook_state *state)
{
	struct json_writer *writer = json_writer_new(arena, JSON_COMPACT);
	size_t size;

	state->oci_version = spec->oci_version;

	json_begin_object(writer);
	json_write_key(writer, "ociVersion");
	json_write_string(writer, spec->oci_version);
	json_write_key(writer, "id");
	json_write_string(writer, id);
	json_write_key(writer, "bundle");
	json_write_string(writer, bundle);
	json_write_key(writer, "annotations");
	json_begin_object(writer);
	for (size_t i = 0; i < spec->annotations.count; i++) {
		json_write_key(writer, spec->annotations.items[i].key);
		json_write_string(writer, spec->annotations.items[i].value);
	}
	json_end_object(writer);
	json_end_object(writer);
	state->tail = json_writer_text(writer, &size) + 1; /* behind its "{" */
	state->size = size + MIDDLE_SIZE;
	state->buffer = arena_alloc(arena, state->size);
}

const char *hook_state_text(struct hook_state *state, const char *status, pid_t pid)
{
	snprintf(state->buffer, state->size, "{\"status\":\"%s\",\"pid\":%d,%s", status, (int)pid,
		 state->tail);
	return state->buffer;
}
