/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "runtime/container.h"
#include "specs/runtime_spec.h"

/*
 * The state of a container as its hooks get it on their standard input (runtime-spec, runtime.md).
 * Everything but status and pid is known before the clone and is encoded then, so that parent and
 * child only put the parts together, without allocating.
 */
struct hook_state {
	struct container_info document;	  /* without status and pid */
	const char *head, *middle, *tail; /* of its text: around pid and status */
	char *buffer;
	size_t size;
};

void hook_state_plan(struct arena *arena, const struct spec *spec, const char *id,
		     const char *bundle, struct hook_state *state);

/* The text for this moment, in state's own buffer until the next call. */
const char *hook_state_text(struct hook_state *state, enum container_status status, pid_t pid);
