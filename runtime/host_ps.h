/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * The processes of a container as the host's own ps(1) shows them: that program is run with the
 * caller's options, and of what it prints the title and the lines of the container's processes are
 * kept. Nothing of the container is executed.
 */

/*
 * options end with NULL; none at all means -ef. ENOENT when there is no ps in PATH. What ps says
 * of wrong options is in the error.
 */
int host_ps(struct arena *arena, char *const *options, const pid_t *pids, size_t count, char **text,
	    struct error *err);

/*
 * Keeps the title and the lines whose column PID has one of pids. Fails when there is no such
 * column, or words with blanks stand in front of it. Pure.
 */
int host_ps_filter(struct arena *arena, const char *output, const pid_t *pids, size_t count,
		   char **text, struct error *err);
