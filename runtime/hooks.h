/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "runtime/hook_output.h"
#include "specs/runtime_spec.h"

/* The programs that a spec runs at points of a container's life (runtime-spec, config.md). */

struct hooks_run {
	const char *kind;  /* "createRuntime": for messages */
	const char *state; /* the container's state as JSON: their standard input */
	struct hook_output output;
	int directory; /* their working directory; -1: the caller's */
};

/*
 * Checks what must not fail late and completes args (absent: the path alone) in place. Messages
 * name the member: "hooks.poststop[0].timeout: ...". kind as above. env is the environment of those
 * that have none of their own; NULL: that of ctr, as in runc and crun.
 */
int hooks_plan(struct arena *arena, struct spec_hook_list *hooks, const char *kind, char **env,
	       struct error *err);

/*
 * Runs one after the other; the first that fails ends it: "error running createRuntime hook #0:
 * exit status 1: what it said". A hook has exactly the environment that the spec gives, no
 * descriptor but the three standard ones and its own process group, which is killed at its timeout.
 * For both sides of the clone: allocates nothing. SIGCHLD handling of the caller is not touched: it
 * waits by pidfd.
 */
int hooks_run(const struct spec_hook_list *hooks, const struct hooks_run *run, struct error *err);

/* For poststop: a failure is a warning, and the rest runs all the same. */
void hooks_run_all(const struct spec_hook_list *hooks, const struct hooks_run *run);
