/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* How the command line names a snapshot: ID@N, or @N (or N) where the container is known. */
struct snapshot_name {
	const char *id;	 /* NULL: none was given */
	uint64_t number; /* 0: none was given, this is a container's name alone */
};

int snapshot_name_parse(struct arena *arena, const char *text, struct snapshot_name *name,
			struct error *err);

/* The same of @N or N, which must be given. */
int snapshot_number_parse(const char *text, uint64_t *number, struct error *err);
