/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <string.h>

#include "base/macro.h"
#include "net/ruleset.h"

/* Terms of rules, for the two files that plan them (net/rules_plan.h). */

#define ACCEPT                                                                                     \
	{                                                                                          \
		.kind = TERM_ACCEPT                                                                \
	}
#define DROP                                                                                       \
	{                                                                                          \
		.kind = TERM_DROP                                                                  \
	}
#define RETURN                                                                                     \
	{                                                                                          \
		.kind = TERM_RETURN                                                                \
	}
#define COUNTER                                                                                    \
	{                                                                                          \
		.kind = TERM_COUNTER                                                               \
	}
#define JUMP(name)                                                                                 \
	{                                                                                          \
		.kind = TERM_JUMP, .chain = (name)                                                 \
	}
#define IN(rule_set, ...)                                                                          \
	{                                                                                          \
		.kind = TERM_LOOKUP, .set = &(rule_set), .fields = { __VA_ARGS__ },                \
		.count = ARRAY_SIZE(((enum rule_field[]){ __VA_ARGS__ }))                          \
	}
#define BYTE(field, byte)                                                                          \
	{                                                                                          \
		.kind = TERM_COMPARE, .fields = { field }, .count = 1, .value = { byte }           \
	}

/* rule_add() with the terms of a list. */
#define ADD(arena, chain, ...)                                                                     \
	rule_add(arena, chain, (struct rule_term[]){ __VA_ARGS__ },                                \
		 ARRAY_SIZE(((struct rule_term[]){ __VA_ARGS__ })))

/* Numbers in the host's order, as the kernel has what it knows about a packet. */
static inline struct rule_term number_term(enum rule_field field, uint32_t number)
{
	struct rule_term term = { .kind = TERM_COMPARE, .fields = { field }, .count = 1 };

	memcpy(term.value, &number, sizeof(number));
	return term;
}
