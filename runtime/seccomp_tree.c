/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_tree.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "runtime/seccomp_leaf.h"

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
		(struct entry){ (uint32_t)number, table->entry_count, rule };
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

static struct seccomp_range *new_range(struct table *table, uint32_t first, uint32_t action)
{
	struct seccomp_range *range;

	if (table->range_count == table->range_room) {
		struct seccomp_range *ranges = table->ranges;

		table->range_room = table->range_room ? 2 * table->range_room : 128;
		table->ranges = arena_array(table->arena, struct seccomp_range, table->range_room);
		if (table->range_count)
			memcpy(table->ranges, ranges, table->range_count * sizeof(*ranges));
	}
	range = &table->ranges[table->range_count++];
	*range = (struct seccomp_range){ .first = first, .action = action, .wide = table->wide };
	return range;
}

/* From first on action; longer than the range before if that says the same. */
static void add_range(struct table *table, uint32_t first, uint32_t action)
{
	const struct seccomp_range *last =
		table->range_count ? &table->ranges[table->range_count - 1] : NULL;

	if (!last || last->clause_count || last->action != action)
		new_range(table, first, action);
}

/*
 * The verdict on one number. As in libseccomp the first rule without conditions decides for good,
 * also against conditions before it.
 */
static void add_verdict(struct table *table, const struct entry *entries, size_t count)
{
	struct seccomp_range *range;
	size_t clauses = 0;

	for (size_t i = 0; i < count; i++) {
		if (entries[i].rule->count == 0) {
			add_range(table, entries[i].number, entries[i].rule->action);
			return;
		}
		clauses += entries[i].rule->alternatives ? entries[i].rule->count : 1;
	}
	range = new_range(table, entries[0].number, table->profile->otherwise);
	range->clauses = arena_array(table->arena, struct seccomp_clause, clauses);
	for (size_t i = 0; i < count; i++) {
		const struct seccomp_rule *rule = entries[i].rule;
		size_t each = rule->alternatives ? 1 : rule->count;

		for (size_t j = 0; j < rule->count; j += each)
			range->clauses[range->clause_count++] =
				(struct seccomp_clause){ &rule->comparisons[j], each,
							 rule->action };
	}
}

/* Adds the ranges of one architecture from number begin on, up to all above the last one. */
static void add_architecture(struct table *table, uint32_t architecture, uint32_t begin)
{
	uint32_t otherwise = table->profile->otherwise, next = begin;

	table->entry_count = 0;
	table->wide = is_wide(architecture);
	add_entries(table, architecture);
	if (table->entry_count)
		qsort(table->entries, table->entry_count, sizeof(*table->entries), compare_entries);
	for (size_t i = 0, end; i < table->entry_count; i = end) {
		uint32_t number = table->entries[i].number;

		for (end = i; end < table->entry_count && table->entries[end].number == number;)
			end++;
		if (number > next)
			add_range(table, next, otherwise);
		add_verdict(table, &table->entries[i], end - i);
		next = number + 1;
	}
	add_range(table, next,
		  table->entry_count && table->profile->enosys ? SECCOMP_RET_ERRNO | ENOSYS
							       : otherwise);
}

/* x32 is found behind x86_64, by its bit. Without it such numbers are a wrong architecture. */
static void add_x86_64(struct table *table, bool x86_64, bool x32)
{
	if (x86_64)
		add_architecture(table, SCMP_ARCH_X86_64, 0);
	else
		add_range(table, 0, SECCOMP_RET_KILL_THREAD);
	if (x32)
		add_architecture(table, SCMP_ARCH_X32, X32_BIT);
	else
		add_range(table, X32_BIT, SECCOMP_RET_KILL_THREAD);
	/* a tracer skips a call by making its number -1 (seccomp(2)) */
	add_range(table, UINT32_MAX, table->profile->otherwise);
}

static bool has_architecture(const struct seccomp_profile *profile, uint32_t architecture)
{
	for (size_t i = 0; i < profile->architecture_count; i++)
		if (profile->architectures[i] == architecture)
			return true;
	return false;
}

static void emit_section(struct seccomp_code *code, const struct table *table,
			 uint32_t architecture)
{
	size_t size = 1 + seccomp_ranges_size(table->ranges, table->range_count);

	seccomp_emit(code, BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0);
	seccomp_emit(code, BPF_JMP | BPF_JA, (uint32_t)size, 0, 0);
	seccomp_emit(code, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	seccomp_emit_ranges(code, table->ranges, table->range_count);
}

int seccomp_tree_compile(struct arena *arena, const struct seccomp_profile *profile,
			 struct sock_fprog *program, struct error *err)
{
	struct seccomp_code code = { .arena = arena };
	bool x86_64 = has_architecture(profile, SCMP_ARCH_X86_64);
	bool x32 = has_architecture(profile, SCMP_ARCH_X32), x86_64_done = false;

	seccomp_emit(&code, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	for (size_t i = 0; i < profile->architecture_count; i++) {
		uint32_t architecture = profile->architectures[i];
		struct table table = { .arena = arena, .profile = profile };

		if (architecture == SCMP_ARCH_X86_64 || architecture == SCMP_ARCH_X32) {
			if (x86_64_done)
				continue;
			x86_64_done = true;
			architecture = SCMP_ARCH_X86_64;
			add_x86_64(&table, x86_64, x32);
		} else {
			add_architecture(&table, architecture, 0);
		}
		emit_section(&code, &table, architecture);
	}
	seccomp_emit(&code, BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD, 0, 0);
	if (code.count > BPF_MAXINSNS)
		return fail(err, E2BIG,
			    "linux.seccomp: %zu instructions are more than the kernel takes (%d)",
			    code.count, BPF_MAXINSNS);
	*program = (struct sock_fprog){ (unsigned short)code.count, code.instructions };
	return 0;
}
