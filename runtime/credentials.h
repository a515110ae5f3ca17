/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/* process.user: who the process is (credentials(7)). */
struct credentials {
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* supplementary ones, without repetitions */
	size_t group_count;
	mode_t umask;	  /* default 0022 */
	bool keep_owners; /* leave the standard streams whose they are */
	bool keep_groups; /* leave the supplementary groups of ctr's caller as they are */
};

int credentials_plan(struct arena *arena, const struct spec_user *user, struct credentials *plan,
		     struct error *err);

/*
 * Child side. Gives the standard streams to the user, except for /dev/null and where the file
 * system or the id mapping does not allow it.
 */
int credentials_own_stdio(const struct credentials *plan, struct error *err);

/*
 * Child side. setgroups, setresgid, setresuid and umask. Permitted capabilities survive
 * (PR_SET_KEEPCAPS), effective ones do not when the uid becomes other than 0. proc: a trusted
 * procfs; where it says that setgroups is denied (user_namespaces(7)) an empty list is skipped.
 */
int credentials_apply(const struct credentials *plan, int proc, struct error *err);
