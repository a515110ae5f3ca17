/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* All mounts that the caller's root leads to. */

struct table_mount {
	uint64_t id, parent;
	const char *root;    /* what of the filesystem is mounted */
	const char *point;   /* where, as seen from the caller's root */
	const char *type;    /* of the filesystem */
	uint64_t attributes; /* MOUNT_ATTR_* */
	bool read_only;	     /* the filesystem itself, whatever its mounts say */
	bool file;	     /* not a folder; set by mount_table_find_files() */
};

struct mount_table {
	struct table_mount *items; /* in no order */
	size_t count;
};

/*
 * Reads the table by listmount(2) and statmount(2), before Linux 6.8 from /proc/self/mountinfo.
 * What is mounted or unmounted meanwhile may be in it or not. Everything lives in the arena.
 */
int mount_table_read(struct arena *arena, struct mount_table *table, struct error *err);

/* The same out of the text of a mountinfo, which it changes. Pure. */
void mount_table_parse(struct arena *arena, char *text, struct mount_table *table);

/*
 * Looks which mounts are those of single files. No filesystem is asked for more than it knows at
 * once, so that a server which does not answer stops nobody.
 */
void mount_table_find_files(struct mount_table *table);
