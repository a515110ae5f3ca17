/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_leaf.h"

#include <linux/seccomp.h>
#include <string.h>

#define LOAD (BPF_LD | BPF_W | BPF_ABS)
#define IF_EQUAL (BPF_JMP | BPF_JEQ | BPF_K)
#define IF_GREATER (BPF_JMP | BPF_JGT | BPF_K)
#define IF_NOT_LESS (BPF_JMP | BPF_JGE | BPF_K)

#define MAX_COMPARISON 6 /* instructions */

void seccomp_emit(struct seccomp_code *code, uint16_t operation, uint32_t k, uint8_t jt, uint8_t jf)
{
	if (code->count == code->room) {
		struct sock_filter *instructions = code->instructions;

		code->room = code->room ? 2 * code->room : 512;
		code->instructions = arena_array(code->arena, struct sock_filter, code->room);
		if (code->count)
			memcpy(code->instructions, instructions,
			       code->count * sizeof(*instructions));
	}
	code->instructions[code->count++] = (struct sock_filter){ operation, jt, jf, k };
}

/*
 * One comparison as instructions, in which FAIL stands for the distance to the next clause and
 * PASS for that to the next comparison.
 */
enum { FAIL = 255, PASS = 254 };

struct comparison {
	struct sock_filter items[MAX_COMPARISON];
	uint8_t count;
};

static void put(struct comparison *comparison, uint16_t operation, uint32_t k, uint8_t jt,
		uint8_t jf)
{
	comparison->items[comparison->count++] = (struct sock_filter){ operation, jt, jf, k };
}

static uint32_t offset_of(const struct scmp_arg_cmp *wish, bool high)
{
	bool second = high == (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__);

	return (uint32_t)(offsetof(struct seccomp_data, args) + 8 * wish->arg + (second ? 4 : 0));
}

/* Half of a masked comparison: fails unless the bits in mask are those of value. */
static void put_masked(struct comparison *comparison, const struct scmp_arg_cmp *wish, bool high,
		       uint64_t mask, uint64_t value)
{
	uint32_t bits = (uint32_t)(high ? mask >> 32 : mask);
	uint32_t wanted = (uint32_t)(high ? value >> 32 : value) & bits;

	if (!bits)
		return;
	put(comparison, LOAD, offset_of(wish, high), 0, 0);
	if (bits != UINT32_MAX)
		put(comparison, BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
	put(comparison, IF_EQUAL, wanted, 0, FAIL);
}

/* The upper half of an order: decides unless it is equal. */
static void put_upper(struct comparison *comparison, const struct scmp_arg_cmp *wish,
		      bool is_greater)
{
	uint32_t value = (uint32_t)(wish->datum_a >> 32);

	put(comparison, LOAD, offset_of(wish, true), 0, 0);
	put(comparison, IF_GREATER, value, is_greater ? PASS : FAIL, 0);
	put(comparison, IF_EQUAL, value, 0, is_greater ? FAIL : PASS);
}

static void put_order(struct comparison *comparison, const struct scmp_arg_cmp *wish, bool wide)
{
	bool is_greater = wish->op == SCMP_CMP_GT || wish->op == SCMP_CMP_GE;
	/* "less" is the opposite of "not less", "less or equal" that of "greater" */
	bool or_equal = wish->op == SCMP_CMP_GE || wish->op == SCMP_CMP_LT;

	if (wide)
		put_upper(comparison, wish, is_greater);
	put(comparison, LOAD, offset_of(wish, false), 0, 0);
	put(comparison, or_equal ? IF_NOT_LESS : IF_GREATER, (uint32_t)wish->datum_a,
	    is_greater ? 0 : FAIL, is_greater ? FAIL : 0);
}

static struct comparison comparison_of(const struct scmp_arg_cmp *wish, bool wide)
{
	struct comparison comparison = { .count = 0 };
	uint64_t narrow = wide ? UINT64_MAX : UINT32_MAX;

	switch (wish->op) {
	case SCMP_CMP_EQ:
		put_masked(&comparison, wish, true, narrow, wish->datum_a);
		put_masked(&comparison, wish, false, narrow, wish->datum_a);
		break;
	case SCMP_CMP_MASKED_EQ:
		put_masked(&comparison, wish, true, wish->datum_a & narrow, wish->datum_b);
		put_masked(&comparison, wish, false, wish->datum_a & narrow, wish->datum_b);
		break;
	case SCMP_CMP_NE:
		if (wide) {
			put(&comparison, LOAD, offset_of(wish, true), 0, 0);
			put(&comparison, IF_EQUAL, (uint32_t)(wish->datum_a >> 32), 0, PASS);
		}
		put(&comparison, LOAD, offset_of(wish, false), 0, 0);
		put(&comparison, IF_EQUAL, (uint32_t)wish->datum_a, FAIL, 0);
		break;
	default:
		put_order(&comparison, wish, wide);
	}
	return comparison;
}

static size_t clause_size(const struct seccomp_clause *clause, bool wide)
{
	size_t size = 1;

	for (size_t i = 0; i < clause->count; i++)
		size += comparison_of(&clause->comparisons[i], wide).count;
	return size;
}

static uint8_t distance(uint8_t jump, size_t pass, size_t fail)
{
	return jump == FAIL ? (uint8_t)fail : jump == PASS ? (uint8_t)pass : jump;
}

static void emit_clause(struct seccomp_code *code, const struct seccomp_clause *clause, bool wide)
{
	size_t end = code->count + clause_size(clause, wide);

	for (size_t i = 0; i < clause->count; i++) {
		struct comparison comparison = comparison_of(&clause->comparisons[i], wide);

		for (size_t j = 0; j < comparison.count; j++) {
			const struct sock_filter *item = &comparison.items[j];
			size_t pass = comparison.count - j - 1, fail = end - code->count - 1;

			seccomp_emit(code, item->code, item->k, distance(item->jt, pass, fail),
				     distance(item->jf, pass, fail));
		}
	}
	seccomp_emit(code, BPF_RET | BPF_K, clause->action, 0, 0);
}

static size_t leaf_size(const struct seccomp_range *range)
{
	size_t size = 1;

	for (size_t i = 0; i < range->clause_count; i++)
		size += clause_size(&range->clauses[i], range->wide);
	return size;
}

#define LONGEST_JUMP 255

size_t seccomp_ranges_size(const struct seccomp_range *ranges, size_t count)
{
	size_t left;

	if (count == 1)
		return leaf_size(ranges);
	left = seccomp_ranges_size(ranges, count / 2);
	return (left > LONGEST_JUMP ? 2 : 1) + left +
	       seccomp_ranges_size(ranges + count / 2, count - count / 2);
}

void seccomp_emit_ranges(struct seccomp_code *code, const struct seccomp_range *ranges,
			 size_t count)
{
	size_t half = count / 2, left;

	if (count == 1) {
		for (size_t i = 0; i < ranges->clause_count; i++)
			emit_clause(code, &ranges->clauses[i], ranges->wide);
		seccomp_emit(code, BPF_RET | BPF_K, ranges->action, 0, 0);
		return;
	}
	left = seccomp_ranges_size(ranges, half);
	if (left > LONGEST_JUMP) {
		seccomp_emit(code, IF_NOT_LESS, ranges[half].first, 0, 1);
		seccomp_emit(code, BPF_JMP | BPF_JA, (uint32_t)left, 0, 0);
	} else {
		seccomp_emit(code, IF_NOT_LESS, ranges[half].first, (uint8_t)left, 0);
	}
	seccomp_emit_ranges(code, ranges, half);
	seccomp_emit_ranges(code, ranges + half, count - half);
}
