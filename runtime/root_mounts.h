/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * The root of a container that does not run with the folders and files of the host that its spec
 * binds into it, as it will see them: view is its root as a detached mount, whose copy with them is
 * returned, detached too. What is missing of the places to bind to is made if write is set, else
 * left out. Filesystems of the kernel and temporary ones are not mounted.
 */
int root_mounts_open(int view, const struct spec *spec, const char *bundle, bool write,
		     struct error *err);
