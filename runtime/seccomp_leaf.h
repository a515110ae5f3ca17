/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/seccomp_code.h"

/* For runtime/seccomp*.c: conditions on the arguments of a call as BPF instructions. */

/* All comparisons true: action. */
struct seccomp_clause {
	const struct scmp_arg_cmp *comparisons;
	size_t count;
	uint32_t action;
};

struct seccomp_leaf {
	const struct seccomp_clause *clauses; /* in the order in which they are tried */
	size_t count;
	uint32_t otherwise; /* when none is true */
	bool wide;	    /* compare 64 bits of the arguments, not 32 */
	size_t elsewhere;   /* a label that decides instead of all of this; 0: none */
};

/* Every way through it returns. */
size_t seccomp_emit_leaf(struct seccomp_code *code, const struct seccomp_leaf *leaf);
