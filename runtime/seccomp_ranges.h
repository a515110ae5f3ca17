/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/seccomp_leaf.h"

/* For runtime/seccomp_tree.c: ranges of system call numbers as BPF instructions. */

/* The numbers from first up to the first of the next range. */
struct seccomp_range {
	uint32_t first;
	struct seccomp_leaf leaf;
};

/* Whether both are one verdict, without a look at arguments, and the same. */
bool seccomp_range_is_same(const struct seccomp_range *one, const struct seccomp_range *other);

/*
 * A search with the number in A; every way through it returns. count is at least 1.
 *
 * It uses only what the kernel itself can follow to find out which calls are always allowed: those
 * then never run the program (seccomp_is_const_allow() in kernel/seccomp.c).
 */
size_t seccomp_emit_ranges(struct seccomp_code *code, const struct seccomp_range *ranges,
			   size_t count);
