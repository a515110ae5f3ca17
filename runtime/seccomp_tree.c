/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_tree.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "runtime/seccomp_ranges.h"

#define X32_BIT 0x40000000u /* of all numbers of x32, which shares the rest with x86_64 */

/* Little-endian ones whose calls are not multiplexed, and x86, whose multiplexing is below. */
static const struct {
	uint32_t architecture; /* SCMP_ARCH_* */
	bool wide;	       /* arguments of 64 bits */
} known[] = {
	{ SCMP_ARCH_X86_64, true },  { SCMP_ARCH_X32, false }, { SCMP_ARCH_X86, false },
	{ SCMP_ARCH_AARCH64, true }, { SCMP_ARCH_ARM, false }, { SCMP_ARCH_RISCV64, true },
};

static bool is_known(uint32_t architecture)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].architecture == architecture)
			return true;
	return false;
}

static bool is_wide(uint32_t architecture)
{
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (known[i].architecture == architecture)
			return known[i].wide;
	return false;
}

bool seccomp_tree_can(const struct seccomp_profile *profile)
{
	for (size_t i = 0; i < profile->architecture_count; i++)
		if (!is_known(profile->architectures[i]))
			return false;
	return true;
}

/*
 * x86 has socket and System V IPC calls twice: inside socketcall(2) and ipc(2), whose first
 * argument tells which one it is, and since Linux 4.3 and 5.1 by themselves. libseccomp gives
 * them negative numbers, -100 or -200 minus that argument.
 */
#define SOCKETCALL 102
#define IPC 117

static const struct {
	int number, direct;
} multiplexed[] = {
	{ -101, 359 }, { -102, 361 }, { -103, 362 }, { -104, 363 }, { -106, 367 }, { -107, 368 },
	{ -108, 360 }, { -111, 369 }, { -112, 371 }, { -113, 373 }, { -114, 366 }, { -115, 365 },
	{ -116, 370 }, { -117, 372 }, { -118, 364 }, { -119, 337 }, { -120, 345 }, { -202, 393 },
	{ -203, 394 }, { -211, 400 }, { -212, 401 }, { -213, 399 }, { -214, 402 }, { -221, 397 },
	{ -222, 398 }, { -223, 395 }, { -224, 396 },
};

static int direct_number(int number)
{
	for (size_t i = 0; i < ARRAY_SIZE(multiplexed); i++)
		if (multiplexed[i].number == number)
			return multiplexed[i].direct;
	return -1;
}

/* A rule for one number; they are sorted by number, and by order for the same one. */
struct entry {
	uint32_t number;
	size_t order;
	const struct seccomp_rule *rule;
};

/* One architecture on its way to instructions. */
struct table {
	struct arena *arena;
	const struct seccomp_profile *profile;
	bool wide;
	struct entry *entries;
	size_t entry_count, entry_room;
	struct seccomp_range *ranges;
	size_t range_count, range_room;
};

static void add_entry(struct table *table, int number, const struct seccomp_rule *rule)
{
	if (table->entry_count == table->entry_room) {
		struct entry *entries = table->entries;

		table->entry_room = table->entry_room ? 2 * table->entry_room : 512;
		table->entries = arena_array(table->arena, struct entry, table->entry_room);
		if (table->entry_count)
			memcpy(table->entries, entries, table->entry_count * sizeof(*entries));
	}
	table->entries[table->entry_count] =
		(struct entry){ (uint32_t)number & ~X32_BIT, table->entry_count, rule };
	table->entry_count++;
}

/*
 * A call inside socketcall or ipc: the first argument says which, so what a rule wants of its own
 * first argument is dropped. The others are kept as libseccomp does, although they are then
 * compared with what is a pointer: a rule with conditions hardly ever matches such calls.
 */
static void add_inside(struct table *table, int number, const struct seccomp_rule *rule,
		       const struct scmp_arg_cmp *comparisons, size_t count)
{
	struct seccomp_rule *inside = arena_new(table->arena, struct seccomp_rule);
	bool is_socket = number > -200;

	*inside = (struct seccomp_rule){ .names = rule->names, .action = rule->action, .count = 1 };
	inside->comparisons = arena_array(table->arena, struct scmp_arg_cmp, count + 1);
	inside->comparisons[0] = (struct scmp_arg_cmp){
		.op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)(-number - (is_socket ? 100 : 200))
	};
	for (size_t i = 0; i < count; i++)
		if (comparisons[i].arg != 0)
			inside->comparisons[inside->count++] = comparisons[i];
	add_entry(table, is_socket ? SOCKETCALL : IPC, inside);
}

static void add_multiplexed(struct table *table, int number, const struct seccomp_rule *rule)
{
	size_t each = rule->alternatives ? 1 : rule->count, i = 0;
	int direct = direct_number(number);

	do {
		add_inside(table, number, rule, rule->comparisons + i, each);
		i += each;
	} while (i < rule->count);
	if (direct >= 0)
		add_entry(table, direct, rule);
}

static void add_entries(struct table *table, uint32_t architecture)
{
	for (size_t i = 0; i < table->profile->rule_count; i++) {
		const struct seccomp_rule *rule = &table->profile->rules[i];

		for (size_t j = 0; j < rule->names->count; j++) {
			int number = seccomp_syscall_resolve_name_arch(architecture,
								       rule->names->items[j]);

			if (number >= 0)
				add_entry(table, number, rule);
			else if (architecture == SCMP_ARCH_X86 && number < -100 && number > -225)
				add_multiplexed(table, number, rule);
		}
	}
}

static int compare_entries(const void *one, const void *other)
{
	const struct entry *a = one, *b = other;

	if (a->number != b->number)
		return a->number < b->number ? -1 : 1;
	return a->order < b->order ? -1 : 1;
}

static struct seccomp_range *new_range(struct table *table)
{
	if (table->range_count == table->range_room) {
		struct seccomp_range *ranges = table->ranges;

		table->range_room = table->range_room ? 2 * table->range_room : 128;
		table->ranges = arena_array(table->arena, struct seccomp_range, table->range_room);
		if (table->range_count)
			memcpy(table->ranges, ranges, table->range_count * sizeof(*ranges));
	}
	return &table->ranges[table->range_count++];
}

/* From its first number on; longer than the range before if that says the same. */
static void add_range(struct table *table, const struct seccomp_range *range)
{
	const struct seccomp_range *last =
		table->range_count ? &table->ranges[table->range_count - 1] : NULL;

	if (!last || !seccomp_range_is_same(last, range))
		*new_range(table) = *range;
}

static void add_action(struct table *table, uint32_t first, uint32_t action)
{
	add_range(table, &(struct seccomp_range){ first, { .otherwise = action } });
}

/*
 * The verdict on one number. As in libseccomp the first rule without conditions decides for good,
 * also against conditions before it.
 */
static void add_verdict(struct table *table, const struct entry *entries, size_t count)
{
	struct seccomp_clause *clauses;
	struct seccomp_range *range;
	size_t room = 0;

	for (size_t i = 0; i < count; i++) {
		if (entries[i].rule->count == 0) {
			add_action(table, entries[i].number, entries[i].rule->action);
			return;
		}
		room += entries[i].rule->alternatives ? entries[i].rule->count : 1;
	}
	clauses = arena_array(table->arena, struct seccomp_clause, room);
	range = new_range(table);
	*range = (struct seccomp_range){
		entries[0].number,
		{ clauses, 0, table->profile->otherwise, table->wide, .elsewhere = 0 },
	};
	for (size_t i = 0; i < count; i++) {
		const struct seccomp_rule *rule = entries[i].rule;
		size_t each = rule->alternatives ? 1 : rule->count;

		for (size_t j = 0; j < rule->count; j += each)
			clauses[range->leaf.count++] =
				(struct seccomp_clause){ &rule->comparisons[j], each,
							 rule->action };
	}
}

/* Adds the ranges of one architecture, up to all above the last number. */
static void add_architecture(struct table *table, uint32_t architecture)
{
	uint32_t otherwise = table->profile->otherwise, next = 0;

	table->wide = is_wide(architecture);
	add_entries(table, architecture);
	if (table->entry_count)
		qsort(table->entries, table->entry_count, sizeof(*table->entries), compare_entries);
	for (size_t i = 0, end; i < table->entry_count; i = end) {
		uint32_t number = table->entries[i].number;

		for (end = i; end < table->entry_count && table->entries[end].number == number;)
			end++;
		if (number > next)
			add_action(table, next, otherwise);
		add_verdict(table, &table->entries[i], end - i);
		next = number + 1;
	}
	add_action(table, next,
		   table->entry_count && table->profile->enosys ? SECCOMP_RET_ERRNO | ENOSYS
								: otherwise);
}

static bool has_architecture(const struct seccomp_profile *profile, uint32_t architecture)
{
	for (size_t i = 0; i < profile->architecture_count; i++)
		if (profile->architectures[i] == architecture)
			return true;
	return false;
}

static size_t emit_architecture(struct seccomp_code *code, const struct seccomp_profile *profile,
				uint32_t architecture)
{
	struct table table = { .arena = code->arena, .profile = profile };

	add_architecture(&table, architecture);
	return seccomp_emit_ranges(code, table.ranges, table.range_count);
}

/* What of x32 x86_64 says as well is left to that one, which begins at label. */
static void share_ranges(const struct table *x86_64, const struct table *x32, size_t label,
			 struct table *result)
{
	for (size_t i = 0, j = 0; i < x32->range_count && j < x86_64->range_count;) {
		const struct seccomp_range *range = &x32->ranges[i], *other = &x86_64->ranges[j];
		uint32_t end = i + 1 < x32->range_count ? range[1].first : UINT32_MAX;
		uint32_t other_end = j + 1 < x86_64->range_count ? other[1].first : UINT32_MAX;
		struct seccomp_range shared = *range;

		if (other->first > shared.first)
			shared.first = other->first;
		if (seccomp_range_is_same(range, other))
			shared.leaf = (struct seccomp_leaf){ .elsewhere = label };
		add_range(result, &shared);
		i += end <= other_end;
		j += other_end <= end;
	}
}

/*
 * x32 is found behind x86_64, by its bit. Without it such numbers are a wrong architecture; but a
 * tracer skips a call by making its number -1 (seccomp(2)).
 */
static size_t emit_x86_64(struct seccomp_code *code, const struct seccomp_profile *profile)
{
	struct table x86_64 = { .arena = code->arena, .profile = profile };
	struct table x32 = x86_64, shared = x86_64;
	size_t label, x32_label;

	if (has_architecture(profile, SCMP_ARCH_X86_64))
		add_architecture(&x86_64, SCMP_ARCH_X86_64);
	else
		add_action(&x86_64, 0, SECCOMP_RET_KILL_THREAD);
	label = seccomp_emit_ranges(code, x86_64.ranges, x86_64.range_count);
	if (has_architecture(profile, SCMP_ARCH_X32)) {
		add_architecture(&x32, SCMP_ARCH_X32);
		share_ranges(&x86_64, &x32, label, &shared);
		x32_label = seccomp_emit_ranges(code, shared.ranges, shared.range_count);
		x32_label = seccomp_emit(code, BPF_ALU | BPF_AND | BPF_K, ~X32_BIT, x32_label);
	} else {
		x32_label = seccomp_emit_return(code, SECCOMP_RET_KILL_THREAD);
	}
	x32_label = seccomp_emit_jump(code, BPF_JEQ, UINT32_MAX,
				      seccomp_emit_return(code, profile->otherwise), x32_label);
	return seccomp_emit_jump(code, BPF_JGE, X32_BIT, x32_label, label);
}

int seccomp_tree_compile(struct arena *arena, const struct seccomp_profile *profile,
			 struct sock_fprog *program, struct error *err)
{
	struct seccomp_code code = { .arena = arena };
	size_t label = seccomp_emit_return(&code, SECCOMP_RET_KILL_THREAD), section;
	bool x86_64_done = false;

	for (size_t i = profile->architecture_count; i-- > 0;) {
		uint32_t architecture = profile->architectures[i];

		if (architecture == SCMP_ARCH_X86_64 || architecture == SCMP_ARCH_X32) {
			if (x86_64_done)
				continue;
			x86_64_done = true;
			architecture = SCMP_ARCH_X86_64;
			section = emit_x86_64(&code, profile);
		} else {
			section = emit_architecture(&code, profile, architecture);
		}
		section = seccomp_emit(&code, BPF_LD | BPF_W | BPF_ABS,
				       offsetof(struct seccomp_data, nr), section);
		label = seccomp_emit_jump(&code, BPF_JEQ, architecture, section, label);
	}
	seccomp_emit(&code, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), label);
	if (code.count > BPF_MAXINSNS)
		return fail(err, E2BIG,
			    "linux.seccomp: %zu instructions are more than the kernel takes (%d)",
			    code.count, BPF_MAXINSNS);
	*program = (struct sock_fprog){ (unsigned short)code.count, seccomp_code_begin(&code) };
	return 0;
}
