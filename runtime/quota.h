/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "runtime/settings.h"
#include "runtime/state.h"
#include "specs/runtime_spec.h"

/*
 * overlay.size: how much the writable layer of a container may take, by a project id of its own
 * (fs/project_quota.h). Its read-only own layers, of snapshots, count too: they keep the id.
 */

/* The limit in bytes, 0: none. The file system of the layer must be able to keep it. */
int quota_plan(const struct spec *spec, const char *upper, uint64_t *bytes, struct error *err);

/* Limits the new and empty directories upper and work, and says so in state->project. */
int quota_apply(const struct settings *settings, struct state *state, const char *work,
		uint64_t bytes, struct error *err);

/*
 * For the end of a container, in this order: opens what the second needs, which lifts the limit
 * when the files are gone. Returns a descriptor; -1: the container has no limit.
 */
int quota_open(struct state *state, int data);
int quota_remove(int dir, const struct state *state, struct error *err);
