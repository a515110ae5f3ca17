/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/* A helper program: started without a shell, waited for by pidfd. Allocates nothing. */

struct spawn {
	const char *path;
	char *const *argv, *const *env; /* both end with NULL */
	int input, output,
		error;	 /* its standard streams, -1: /dev/null for input, else ctr's stderr */
	int directory;	 /* its working directory, -1: the caller's */
	int64_t timeout; /* milliseconds, -1: none */
	/* In the new process right before it becomes the program; says why and exits if it must not. */
	void (*prepare)(const void *context);
	const void *context;
};

/*
 * Runs it in a process group of its own, with default signal handling and no other descriptor,
 * and waits for its end; at the timeout the group is killed. Returns 0 for exit status 0, else -1
 * with "exit status N", "killed by signal N", "timed out after N ms" or why it could not start.
 */
int spawn_run(const struct spawn *spawn, struct error *err);
