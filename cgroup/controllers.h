/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "cgroup/limits.h"

/* The controllers that text, of cgroup.controllers or the like, names: 1 << enum controller. */
uint32_t controllers_in(char *text);

/*
 * Enables the controllers that limits need in every cgroup from the mount down to the parent of
 * path, so that path has their files; with all, those that the mount has beside them as well, as
 * far as they can be had: what is used is counted then, and who makes cgroups inside may limit
 * them. What is enabled already is not written. root: the mount's descriptor; path: below it,
 * without the first slash; changed meanwhile and given back as it was.
 * ENODEV names the member whose controller is not to be had, and where v1 has it.
 */
int controllers_enable(int root, char *path, const struct limits *limits, bool all,
		       struct error *err);
