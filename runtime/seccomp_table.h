/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "runtime/seccomp_profile.h"
#include "runtime/seccomp_ranges.h"

/* For runtime/seccomp_tree.c: a profile's verdicts on all numbers of one architecture. */

/* The system calls that a profile names, in its order. */
struct seccomp_calls {
	struct seccomp_call {
		const struct system_call *call;
		const struct seccomp_rule *rule;
	} * items;
	size_t count;
};

struct seccomp_table {
	struct seccomp_range *items; /* from 0 on; NULL while there is none */
	size_t count, room;
};

/* Whether it knows the architecture (SCMP_ARCH_*). */
bool seccomp_table_can(uint32_t architecture);

/* Whether one kernel runs programs of both; both are known. */
bool seccomp_table_is_akin(uint32_t architecture, uint32_t other);

/* Sets the table of one known architecture. Numbers of x32 are without their bit. */
void seccomp_table_make(struct arena *arena, const struct seccomp_profile *profile,
			uint32_t architecture, struct seccomp_table *table);

/* Adds a range from its first number on; if the one before says the same, that goes on. */
void seccomp_table_add(struct arena *arena, struct seccomp_table *table,
		       const struct seccomp_range *range);
