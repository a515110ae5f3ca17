/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/filter.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* For runtime/seccomp_tree.c: ranges of system call numbers as BPF instructions. */

/* All comparisons true: action. */
struct seccomp_clause {
	const struct scmp_arg_cmp *comparisons;
	size_t count;
	uint32_t action;
};

/* The numbers from first up to the first of the next range. */
struct seccomp_range {
	uint32_t first;
	uint32_t action;		/* when no clause is true */
	bool wide;			/* compare 64 bits of the arguments, not 32 */
	struct seccomp_clause *clauses; /* in the order in which they are tried */
	size_t clause_count;
};

struct seccomp_code {
	struct arena *arena;
	struct sock_filter *instructions;
	size_t count, room;
};

void seccomp_emit(struct seccomp_code *code, uint16_t operation, uint32_t k, uint8_t jt,
		  uint8_t jf);

/* A binary search with the number in A; every way through it returns. count is at least 1. */
void seccomp_emit_ranges(struct seccomp_code *code, const struct seccomp_range *ranges,
			 size_t count);

/* The number of instructions that it takes. */
size_t seccomp_ranges_size(const struct seccomp_range *ranges, size_t count);
