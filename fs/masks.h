/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "base/string_list.h"

/*
 * linux.maskedPaths and linux.readonlyPaths. Paths that the container does not have are skipped.
 * Child side, allocates nothing; root is an fd of the attached root mount. The working directory
 * is another one afterwards.
 *
 * Hides masked: a directory under one empty read-only tmpfs that all share, anything else under the
 * container's /dev/null, which must be the real one (character device 1:3, no link). label:
 * mount_label_plan()'s, of that tmpfs. Then makes readonly, with all that is mounted below them,
 * read-only.
 */
int masks_apply(const struct string_list *masked, const struct string_list *readonly,
		const char *label, int root, struct error *err);
