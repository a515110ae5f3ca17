/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/filter.h>
#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * linux.seccomp as a BPF program (seccomp(2)). The plan compiles it with libseccomp in the
 * parent; the child only loads the bytes.
 *
 * As in runc: names of system calls that libseccomp does not know are ignored; a system call
 * with a number above all those that the profile names gets ENOSYS instead of a default action
 * that refuses (newer C libraries then fall back to older calls).
 */

struct seccomp_plan {
	struct sock_fprog program; /* .filter in the arena, NULL: no seccomp */
	unsigned int flags;	   /* SECCOMP_FILTER_FLAG_* */
	bool listener; /* some action is SCMP_ACT_NOTIFY: seccomp_apply() returns an fd */
	const char *listener_path, *listener_metadata; /* of the spec, where that fd goes */
};

/*
 * Compiles the profile; NULL makes an empty plan. Everything lives in the arena. Reads nothing
 * but the profile (and what libseccomp asks the kernel about its abilities).
 */
int seccomp_plan(struct arena *arena, const struct spec_seccomp *profile, struct seccomp_plan *plan,
		 struct error *err);

/* The instructions, one a line. */
char *seccomp_plan_print(struct arena *arena, const struct seccomp_plan *plan);

/*
 * Child side. Puts the filter upon the caller; needs no_new_privs or CAP_SYS_ADMIN. Returns the
 * listener's descriptor (close-on-exec, the caller's) if the plan has one, 0 otherwise.
 */
int seccomp_apply(const struct seccomp_plan *plan, struct error *err);
