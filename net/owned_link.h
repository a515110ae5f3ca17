/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/*
 * Symbolic links that say who has something: NAME -> owner's id. Made by one system call, which
 * fails if there is one; for net/lease.c and net/port_lease.c.
 */

/* The longest id, with its NUL. */
#define OWNER_SIZE 1025

/* Returns 0; or 1 if somebody has it, whose id is in owner then (empty: he has just given it back). */
int owned_link_make(int dir, const char *name, const char *id, char owner[OWNER_SIZE],
		    struct error *err);

/* Returns 1 and the owner, or 0: there is none of that name. */
int owned_link_read(int dir, const char *name, char owner[OWNER_SIZE], struct error *err);

/*
 * Locks the directory (flock(2)) until dir is closed. Only who removes needs it: between the look at the
 * owner and the removal nobody else can remove the link then, and so nobody can make it anew.
 */
int owned_link_lock(int dir, struct error *err);

/* Removes it if it is this owner's. The directory is locked. */
int owned_link_remove(int dir, const char *name, const char *id, struct error *err);

/* Removes all of this owner's in the directory, which is locked. */
int owned_link_remove_all(int dir, const char *id, struct error *err);
