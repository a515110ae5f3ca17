/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "cgroup/limits.h"

/*
 * Enables the controllers that limits need in every cgroup from the mount down to the parent of
 * path, so that path has their files; where none are needed nothing is written. root: the mount's
 * descriptor; path: below it, without the first slash; changed meanwhile and given back as it was.
 * ENODEV names the member whose controller is not to be had, and where v1 has it.
 */
int controllers_enable(int root, char *path, const struct limits *limits, struct error *err);
