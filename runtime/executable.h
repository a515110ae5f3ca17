/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* Searched when process.env has no PATH. */
#define EXECUTABLE_DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/*
 * Child side, as the container's user in its root and working directory: finds what execve would
 * run for name and writes its path to buffer. A name with a slash is taken as it is, others are
 * searched in path. Errors have the words that engines look for: ENOENT "executable file not
 * found in $PATH" or "no such file or directory" (exit status 127), EACCES "permission denied" or
 * "is a directory" (126).
 */
int executable_find(const char *name, const char *path, char *buffer, size_t size,
		    struct error *err);
