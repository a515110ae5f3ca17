/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "runtime/state.h"
#include "specs/runtime_spec.h"

/*
 * Makes the spec of container source, as it was read from its config.json, that of clone, whose
 * state is planned: what goes by the name of the one goes by that of the other. The host name if it
 * is the ID; linux.cgroupsPath, of which the last part gets the new ID in the place of the old one,
 * or behind it; the writable layer. Pure.
 */
void clone_spec(struct arena *arena, const struct state *source, const struct state *clone,
		struct spec *spec);
