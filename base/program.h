/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Where the running program and its companions are. The companions hold what needs large
 * libraries or must stay small (ctr-image, ctr-monitor); ctr runs them as git runs its own.
 */

/* Set by runtime/guard.c, whose read-only view of the program file has no path of its own. */
#define PROGRAM_PATH_VARIABLE "CTR_PROGRAM"

/* The path of the running program's file. */
int program_path(char *buffer, size_t size, struct error *err);

/*
 * The path of companion name: in $CTR_LIBEXEC, beside the running program (an uninstalled build
 * tree) or in the folder that it was installed to. In each of them it may have the name that
 * configure's --program-transform-name and its like make of it. ENOENT when it is in none.
 */
int program_companion(const char *name, char *buffer, size_t size, struct error *err);

/* The name of the file at path: what stands behind the last slash. */
const char *program_base(const char *path);

/*
 * A program of the host: in the absolute folders of PATH, or in the administrator's, which an
 * engine's PATH may lack. NULL when it is not installed.
 */
const char *program_on_host(struct arena *arena, const char *name);
