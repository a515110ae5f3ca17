/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

/*
 * Paths of any length below a directory: a tree may be deeper than PATH_MAX, which only limits
 * what is given to the kernel at a time.
 */

/*
 * Opens the directory of the first length bytes of path (slashes at either end are ignored; empty:
 * root itself), going through no link and not out of root (openat2(2), RESOLVE_BENEATH |
 * RESOLVE_NO_SYMLINKS). The text is changed while this works. Returns an O_RDONLY descriptor, or
 * -1 with errno: ELOOP for a link, ENOTDIR for a file on the way.
 */
int deep_open_directory(int root, char *path, size_t length);
