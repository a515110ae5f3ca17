/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/* For runtime/seccomp*.c: linux.seccomp with its words read. */

struct seccomp_rule {
	const struct string_list *names; /* of system calls */
	uint32_t action;		 /* SECCOMP_RET_* with its data */
	struct scmp_arg_cmp *comparisons;
	size_t count;
	/* One true comparison is enough. Otherwise all must be; none means always. */
	bool alternatives;
};

struct seccomp_profile {
	uint32_t otherwise;	 /* the action without a rule */
	bool enosys;		 /* numbers above all that are named: ENOSYS */
	bool listener;		 /* some action is SECCOMP_RET_USER_NOTIF */
	unsigned int flags;	 /* SECCOMP_FILTER_FLAG_* */
	uint32_t *architectures; /* SCMP_ARCH_*, each once, the native one first */
	size_t architecture_count;
	/* In the order of the document, without those whose action is otherwise. */
	struct seccomp_rule *rules;
	size_t rule_count;
};

int seccomp_profile_read(struct arena *arena, const struct spec_seccomp *spec,
			 struct seccomp_profile *profile, struct error *err);
