/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "base/string_list.h"

/*
 * linux.maskedPaths and linux.readonlyPaths. Paths that the container does not have are skipped.
 * Child side, both allocate nothing; root is an fd of the attached root mount.
 */

/*
 * Hides paths: a directory under one empty read-only tmpfs that all share, anything else under the
 * container's /dev/null, which must be the real one (character device 1:3, no link). label:
 * mount_label_plan()'s, of that tmpfs.
 */
int masks_apply(const struct string_list *paths, const char *label, int root, struct error *err);

/* Makes paths, with all that is mounted below them, read-only. */
int readonly_paths_apply(const struct string_list *paths, int root, struct error *err);
