/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_leaf.h"

#include <linux/seccomp.h>

#define LOAD (BPF_LD | BPF_W | BPF_ABS)

static uint32_t high_half(uint64_t value)
{
	return (uint32_t)(value >> 32);
}

/* Loads half of an argument, and goes on with next. */
static size_t emit_load(struct seccomp_code *code, uint32_t argument, bool high, size_t next)
{
	bool second = high == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);
	size_t offset = offsetof(struct seccomp_data, args) + 8 * argument + (second ? 4 : 0);

	return seccomp_emit(code, LOAD, (uint32_t)offset, next);
}

/* One half: whether the bits in mask are those of value. */
static size_t emit_masked_half(struct seccomp_code *code, uint32_t argument, bool high,
			       uint32_t mask, uint32_t value, size_t yes, size_t no)
{
	size_t label;

	if (!mask)
		return yes;
	label = seccomp_emit_jump(code, BPF_JEQ, value & mask, yes, no);
	if (mask != UINT32_MAX)
		label = seccomp_emit(code, BPF_ALU | BPF_AND | BPF_K, mask, label);
	return emit_load(code, argument, high, label);
}

static size_t emit_masked(struct seccomp_code *code, uint32_t argument, uint64_t mask,
			  uint64_t value, size_t yes, size_t no)
{
	yes = emit_masked_half(code, argument, false, (uint32_t)mask, (uint32_t)value, yes, no);
	return emit_masked_half(code, argument, true, high_half(mask), high_half(value), yes, no);
}

static size_t emit_order(struct seccomp_code *code, const struct scmp_arg_cmp *wish, bool wide,
			 size_t yes, size_t no)
{
	/* "less" is the opposite of "not less", "less or equal" that of "greater" */
	bool is_greater = wish->op == SCMP_CMP_GT || wish->op == SCMP_CMP_GE;
	bool or_equal = wish->op == SCMP_CMP_GE || wish->op == SCMP_CMP_LT;
	size_t above = is_greater ? yes : no, below = is_greater ? no : yes, label;

	label = seccomp_emit_jump(code, or_equal ? BPF_JGE : BPF_JGT, (uint32_t)wish->datum_a,
				  above, below);
	label = emit_load(code, wish->arg, false, label);
	if (!wide)
		return label;
	label = seccomp_emit_jump(code, BPF_JEQ, high_half(wish->datum_a), label, below);
	label = seccomp_emit_jump(code, BPF_JGT, high_half(wish->datum_a), above, label);
	return emit_load(code, wish->arg, true, label);
}

static size_t emit_comparison(struct seccomp_code *code, const struct scmp_arg_cmp *wish, bool wide,
			      size_t yes, size_t no)
{
	uint64_t all = wide ? UINT64_MAX : UINT32_MAX;

	switch (wish->op) {
	case SCMP_CMP_EQ:
		return emit_masked(code, wish->arg, all, wish->datum_a, yes, no);
	case SCMP_CMP_NE:
		return emit_masked(code, wish->arg, all, wish->datum_a, no, yes);
	case SCMP_CMP_MASKED_EQ:
		return emit_masked(code, wish->arg, wish->datum_a & all, wish->datum_b, yes, no);
	default:
		return emit_order(code, wish, wide, yes, no);
	}
}

/* Whether both ask for one value each of the same argument, with the same upper half. */
static bool is_same_question(const struct seccomp_clause *one, const struct seccomp_clause *other)
{
	const struct scmp_arg_cmp *a = one->comparisons, *b = other->comparisons;

	return one->count == 1 && other->count == 1 && a->op == SCMP_CMP_EQ &&
	       b->op == SCMP_CMP_EQ && a->arg == b->arg &&
	       high_half(a->datum_a) == high_half(b->datum_a);
}

/* Clauses that want one of several values (personality): each half is loaded once. */
static size_t emit_values(struct seccomp_code *code, const struct seccomp_clause *clauses,
			  size_t count, bool wide, size_t no)
{
	uint32_t argument = clauses->comparisons->arg;
	size_t label = no;

	for (size_t i = count; i-- > 0;)
		label = seccomp_emit_jump(code, BPF_JEQ, (uint32_t)clauses[i].comparisons->datum_a,
					  seccomp_emit_return(code, clauses[i].action), label);
	label = emit_load(code, argument, false, label);
	return wide ? emit_masked_half(code, argument, true, UINT32_MAX,
				       high_half(clauses->comparisons->datum_a), label, no)
		    : label;
}

static size_t emit_clause(struct seccomp_code *code, const struct seccomp_clause *clause, bool wide,
			  size_t no)
{
	size_t label = seccomp_emit_return(code, clause->action);

	for (size_t i = clause->count; i-- > 0;)
		label = emit_comparison(code, &clause->comparisons[i], wide, label, no);
	return label;
}

size_t seccomp_emit_leaf(struct seccomp_code *code, const struct seccomp_leaf *leaf)
{
	size_t label;

	if (leaf->elsewhere)
		return leaf->elsewhere;
	label = seccomp_emit_return(code, leaf->otherwise);
	for (size_t end = leaf->count, begin; end > 0; end = begin) {
		const struct seccomp_clause *last = &leaf->clauses[end - 1];

		for (begin = end - 1;
		     begin > 0 && is_same_question(last, &leaf->clauses[begin - 1]);)
			begin--;
		label = end - begin > 1 ? emit_values(code, &leaf->clauses[begin], end - begin,
						      leaf->wide, label)
					: emit_clause(code, last, leaf->wide, label);
	}
	return label;
}
