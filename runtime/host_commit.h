/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "fs/host_commit.h"
#include "fs/host_undo.h"
#include "runtime/settings.h"

/*
 * `commit --to-host`: writes what a container has changed into the directories of the host that it
 * is a view of. These are the trees of `try`, and for any other container of the spec form the one
 * directory that is its lower layer ("root": { "path": DIR }).
 */
struct container_host_commit {
	const char *id;
	/* As the container sees them; absolute, or relative to "/". Empty: everything. */
	struct string_list paths;
	bool force;   /* what is in conflict too, but for what something is mounted on */
	bool dry_run; /* only find out */
};

/*
 * The container has to be stopped, or frozen: what it changed meanwhile would be torn. See
 * fs/host_commit.h for what is in result; plan.conflicts counts what was left out.
 */
int container_commit_to_host(const struct settings *settings,
			     const struct container_host_commit *request, struct arena *arena,
			     struct host_commit_result *result, struct error *err);

/* `undo --drop`: see host_undo_drop(). */
int container_undo_drop(const struct settings *settings, const char *which, size_t *dropped,
			struct error *err);

/* `undo`: which is a number, a container, or NULL: the last commit. Containers need not exist. */
int container_undo(const struct settings *settings, const struct host_undo_request *request,
		   struct arena *arena, struct host_undo_result *result, struct error *err);
