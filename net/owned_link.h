/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/*
 * Links that say who has something: NAME is one more name of the owner's record (net/attachment.h),
 * which begins with his id. Made by one system call, which fails if there is one; for net/lease.c and
 * net/port_lease.c. A new name of a file costs ext4 16 us where a new file may take 400: it walks past
 * all inodes that were freed in the last minutes.
 */

struct lease_owner {
	const char *id;
	int record; /* open; -1: it has none, and the link is a symbolic one, to the id */
};

/* The longest id, with its NUL. */
#define OWNER_SIZE 1025

/* Returns 0; or 1 if somebody has it, whose id is in other then (empty: he has just given it back). */
int owned_link_make(int dir, const char *name, const struct lease_owner *owner,
		    char other[OWNER_SIZE], struct error *err);

/* Returns 1 and the owner, or 0: there is none of that name. */
int owned_link_read(int dir, const char *name, char owner[OWNER_SIZE], struct error *err);

/*
 * Locks the directory (flock(2)) until dir is closed. Only who removes needs it: between the look
 * at the owner and the removal nobody else can remove the link then, and so nobody can make it
 * anew.
 */
int owned_link_lock(int dir, struct error *err);

/* Removes it if it is this owner's. The directory is locked. */
int owned_link_remove(int dir, const char *name, const char *id, struct error *err);

/* Removes all of this owner's in the directory, which is locked. */
int owned_link_remove_all(int dir, const char *id, struct error *err);
