/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"

/*
 * Freezes containers for a moment, all at once, and has them thawed whatever happens, even to ctr:
 * a guard process in a session of its own thaws them when the one that froze them dies.
 *
 *	struct freezer freezer = { .cgroups = ..., .count = ..., .parent = -1, .guard = -1 };
 *	freezer_begin(&freezer, err)	starts the guard
 *	freezer_freeze(&freezer, err)	returns when all are frozen
 *	freezer_thaw(&freezer, err)	nothing to do if they are not
 *	freezer_end(&freezer)		the guard goes; thaws if that has not succeeded before
 *
 * Without cgroups none of them does anything.
 */
struct freezer {
	int *cgroups; /* the caller's descriptors, of containers that run */
	size_t count;
	/*
	 * A cgroup that has those and nothing else below it, frozen in their place, or -1. It must
	 * be one in which nobody else would start anything: the caller knows.
	 */
	int parent;
	/* private */
	int guard; /* socket to the guard */
	pid_t guard_pid;
	bool frozen;
	int nice; /* of ctr before: frozen it has the highest priority */
	struct timespec begin;
	/* how long they were frozen, after freezer_thaw(); from the wish to the last one running */
	int64_t microseconds;
};

int freezer_begin(struct freezer *freezer, struct error *err);
int freezer_freeze(struct freezer *freezer, struct error *err);
int freezer_thaw(struct freezer *freezer, struct error *err);
void freezer_end(struct freezer *freezer);
