/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "runtime/handle.h"
#include "runtime/uppers.h"

/*
 * A copy of a running container's writable layer as of one instant, as a new layer of the pool:
 * *path, which no document names yet. The container, locked by the caller, is frozen for what has
 * changed while the rest was copied (fs/stage.h), and thawed whatever happens; one that is frozen
 * already stays so.
 */
int live_copy(const struct settings *settings, const struct uppers *uppers, struct handle *handle,
	      struct arena *arena, char **path, struct error *err);
