/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/types.h>

#include "base/arena.h"
#include "specs/runtime_spec.h"

/*
 * The state of a container as its hooks get it on their standard input (runtime-spec, runtime.md).
 * Everything but status and pid is known before the clone and is encoded then, so that parent and
 * child only put the parts together, without allocating.
 */
struct hook_state {
	const char *oci_version;
	const char *tail; /* what follows "status" and "pid" */
	char *buffer;
	size_t size;
};

void hook_state_plan(struct arena *arena, const struct spec *spec, const char *id,
		     const char *bundle, struct hook_state *state);

/* The text for this moment, in state's own buffer until the next call. */
const char *hook_state_text(struct hook_state *state, const char *status, pid_t pid);
