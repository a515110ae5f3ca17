/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hook_state.h"

#include <stdio.h>
#include <string.h>

#include "runtime/state_document.h"

/* Room for the status and the pid. */
#define VALUES_SIZE 32

/*
 * Cuts text off behind key, where value stands, and returns what follows that. No string of the
 * document can look like a key: quotes inside of one are escaped.
 */
static char *cut_value(char *text, const char *key, const char *value)
{
	char *place = strstr(text, key) + strlen(key);

	*place = '\0';
	return place + strlen(value);
}

void hook_state_plan(struct arena *arena, const struct spec *spec, const char *id,
		     const char *bundle, struct hook_state *state)
{
	size_t size;
	char *text;

	state->document = (struct container_info){
		.oci_version = spec->oci_version,
		.id = id,
		.pid = 0,
		.status = STATUS_CREATING,
		.bundle = bundle,
		.annotations = spec->annotations,
	};
	text = state_document(arena, &state->document, JSON_COMPACT, &size);
	state->head = text;
	text = cut_value(text, "\"pid\":", "0");
	state->middle = text;
	state->tail = cut_value(text, "\"status\":\"", status_name(STATUS_CREATING));
	state->size = size + VALUES_SIZE;
	state->buffer = arena_alloc(arena, state->size);
}

const char *hook_state_text(struct hook_state *state, enum container_status status, pid_t pid)
{
	snprintf(state->buffer, state->size, "%s%d%s%s%s", state->head, (int)pid, state->middle,
		 status_name(status), state->tail);
	return state->buffer;
}
