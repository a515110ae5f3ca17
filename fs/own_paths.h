/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "specs/runtime_spec.h"

/*
 * What ctr itself makes in a container's root to set it up: mount points, device nodes and links,
 * the working directory, and the directories above them. It is in the writable layer if the
 * layers below lack it, but no change of the container's: diff and commit leave it out.
 */

/* Fills *paths: absolute, clean, sorted by bytes, without repetitions. Pure. */
int own_paths(struct arena *arena, const struct spec *spec, struct string_list *paths,
	      struct error *err);

/* Whether path is one of them. */
bool own_paths_have(const struct string_list *paths, const char *path);
