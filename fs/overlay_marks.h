/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "base/error.h"
#include "fs/layer_stack.h"
#include "fs/xattrs.h"

/* The marks of overlayfs on one file. */
struct marks {
	bool opaque, xattr_whiteouts, metacopy, whiteout;
	char redirect[256 + 1]; /* a name, a path that starts with "/", or "" */
};

/* A character device 0:0. */
bool is_whiteout(const struct stat *status);

/* Reads the marks out of attributes that were read already. */
int marks_get(const struct layer_stack *stack, const struct xattrs *xattrs, struct marks *marks,
	      struct error *err);

/* Removes what is overlayfs' own from xattrs. */
void marks_drop(struct xattrs *xattrs);
