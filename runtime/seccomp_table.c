/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_table.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>

#include "base/macro.h"

#define X32_BIT 0x40000000u

/* Little-endian ones whose calls are not multiplexed, and x86, whose multiplexing is below. */
static const struct {
	uint32_t architecture; /* SCMP_ARCH_* */
	uint32_t kernel;       /* that of the kernels that run its programs */
	bool wide;	       /* arguments of 64 bits */
} known[] = {
	{ SCMP_ARCH_X86_64, SCMP_ARCH_X86_64, true },
	{ SCMP_ARCH_X32, SCMP_ARCH_X86_64, false },
	{ SCMP_ARCH_X86, SCMP_ARCH_X86_64, false },
	{ SCMP_ARCH_AARCH64, SCMP_ARCH_AARCH64, true },
	{ SCMP_ARCH_ARM, SCMP_ARCH_AARCH64, false },
	{ SCMP_ARCH_RISCV64, SCMP_ARCH_RISCV64, true },
};

/* Its place in the table; behind its end: unknown. */
static size_t find_known(uint32_t architecture)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(known) && known[i].architecture != architecture)
		i++;
	return i;
}

bool seccomp_table_can(uint32_t architecture)
{
	return find_known(architecture) < ARRAY_SIZE(known);
}

bool seccomp_table_is_akin(uint32_t architecture, uint32_t other)
{
	size_t i = find_known(architecture), j = find_known(other);

	return i < ARRAY_SIZE(known) && j < ARRAY_SIZE(known) && known[i].kernel == known[j].kernel;
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

/* A rule for one number, for x32 without its bit. */
struct entry {
	uint32_t number;
	const struct seccomp_rule *rule;
};

/* One architecture on its way to ranges. */
struct compiler {
	struct arena *arena;
	const struct seccomp_profile *profile;
	uint32_t architecture; /* SCMP_ARCH_* */
	bool wide;
	struct seccomp_table *table;
	struct entry *entries;
	size_t count, room;
};

static void add_entry(struct compiler *compiler, int number, const struct seccomp_rule *rule)
{
	if (compiler->count == compiler->room) {
		const struct entry *entries = compiler->entries;

		compiler->room *= 2;
		compiler->entries = arena_array(compiler->arena, struct entry, compiler->room);
		memcpy(compiler->entries, entries, compiler->count * sizeof(*entries));
	}
	compiler->entries[compiler->count++] = (struct entry){ (uint32_t)number & ~X32_BIT, rule };
}

/*
 * A call inside socketcall or ipc: the first argument says which, so what a rule wants of its own
 * first argument is dropped. The others are kept as libseccomp does, although they are then
 * compared with what is a pointer: a rule with conditions hardly ever matches such calls.
 */
static void add_inside(struct compiler *compiler, int number, const struct seccomp_rule *rule,
		       const struct scmp_arg_cmp *comparisons, size_t count)
{
	struct seccomp_rule *inside = arena_new(compiler->arena, struct seccomp_rule);
	bool is_socket = number > -200;

	*inside = (struct seccomp_rule){ .names = rule->names, .action = rule->action, .count = 1 };
	inside->comparisons = arena_array(compiler->arena, struct scmp_arg_cmp, count + 1);
	inside->comparisons[0] = (struct scmp_arg_cmp){
		.op = SCMP_CMP_EQ, .datum_a = (scmp_datum_t)(-number - (is_socket ? 100 : 200))
	};
	for (size_t i = 0; i < count; i++)
		if (comparisons[i].arg != 0)
			inside->comparisons[inside->count++] = comparisons[i];
	add_entry(compiler, is_socket ? SOCKETCALL : IPC, inside);
}

static void add_multiplexed(struct compiler *compiler, int number, const struct seccomp_rule *rule)
{
	size_t each = rule->alternatives ? 1 : rule->count, i = 0;
	int direct = direct_number(number);

	do {
		add_inside(compiler, number, rule, rule->comparisons + i, each);
		i += each;
	} while (i < rule->count);
	if (direct >= 0)
		add_entry(compiler, direct, rule);
}

static void add_entries(struct compiler *compiler)
{
	for (size_t i = 0; i < compiler->profile->rule_count; i++) {
		const struct seccomp_rule *rule = &compiler->profile->rules[i];

		for (size_t j = 0; j < rule->names->count; j++) {
			int number = seccomp_syscall_resolve_name_arch(compiler->architecture,
								       rule->names->items[j]);

			if (number >= 0)
				add_entry(compiler, number, rule);
			else if (compiler->architecture == SCMP_ARCH_X86 && number < -100 &&
				 number > -225)
				add_multiplexed(compiler, number, rule);
		}
	}
}

/*
 * By number, and in the profile's order for the same one: a counting sort over each ten bits, of
 * which hardly any but arm's own calls have more than the lowest.
 */
static void sort_entries(struct compiler *compiler)
{
	struct entry *from = compiler->entries;
	struct entry *to = arena_array(compiler->arena, struct entry, compiler->count);
	uint32_t highest = 0;

	for (size_t i = 0; i < compiler->count; i++)
		highest = from[i].number > highest ? from[i].number : highest;
	for (uint32_t shift = 0; shift < 32 && highest >> shift; shift += 10) {
		uint32_t begins[1025] = { 0 };
		struct entry *sorted = to;

		for (size_t i = 0; i < compiler->count; i++)
			begins[(from[i].number >> shift & 1023) + 1]++;
		for (size_t i = 1; i < 1024; i++)
			begins[i] += begins[i - 1];
		for (size_t i = 0; i < compiler->count; i++)
			to[begins[from[i].number >> shift & 1023]++] = from[i];
		to = from;
		from = sorted;
	}
	compiler->entries = from;
}

static struct seccomp_range *new_range(struct arena *arena, struct seccomp_table *table)
{
	if (table->count == table->room) {
		const struct seccomp_range *items = table->items;

		table->room = table->room ? 2 * table->room : 64;
		table->items = arena_array(arena, struct seccomp_range, table->room);
		if (table->count)
			memcpy(table->items, items, table->count * sizeof(*items));
	}
	return &table->items[table->count++];
}

void seccomp_table_add(struct arena *arena, struct seccomp_table *table,
		       const struct seccomp_range *range)
{
	if (!table->count || !seccomp_range_is_same(&table->items[table->count - 1], range))
		*new_range(arena, table) = *range;
}

static void add_action(const struct compiler *compiler, uint32_t first, uint32_t action)
{
	const struct seccomp_range range = { first, { .otherwise = action } };

	seccomp_table_add(compiler->arena, compiler->table, &range);
}

/*
 * The verdict on one number. As in libseccomp the first rule without conditions decides for good,
 * also against conditions before it.
 */
static void add_verdict(const struct compiler *compiler, const struct entry *entries, size_t count)
{
	uint32_t number = entries->number;
	struct seccomp_leaf leaf = { .otherwise = compiler->profile->otherwise,
				     .wide = compiler->wide };
	struct seccomp_clause *clauses;
	size_t room = 0;

	for (size_t i = 0; i < count; i++) {
		if (entries[i].rule->count == 0) {
			add_action(compiler, number, entries[i].rule->action);
			return;
		}
		room += entries[i].rule->alternatives ? entries[i].rule->count : 1;
	}
	leaf.clauses = clauses = arena_array(compiler->arena, struct seccomp_clause, room);
	for (size_t i = 0; i < count; i++) {
		const struct seccomp_rule *rule = entries[i].rule;
		size_t each = rule->alternatives ? 1 : rule->count;

		for (size_t j = 0; j < rule->count; j += each)
			clauses[leaf.count++] = (struct seccomp_clause){ &rule->comparisons[j],
									 each, rule->action };
	}
	*new_range(compiler->arena, compiler->table) = (struct seccomp_range){ number, leaf };
}

static void add_verdicts(const struct compiler *compiler)
{
	uint32_t otherwise = compiler->profile->otherwise, next = 0;

	for (size_t i = 0, end; i < compiler->count; i = end) {
		uint32_t number = compiler->entries[i].number;

		for (end = i; end < compiler->count && compiler->entries[end].number == number;)
			end++;
		if (number > next)
			add_action(compiler, next, otherwise);
		add_verdict(compiler, &compiler->entries[i], end - i);
		next = number + 1;
	}
	add_action(compiler, next,
		   compiler->count && compiler->profile->enosys ? SECCOMP_RET_ERRNO | ENOSYS
								: otherwise);
}

void seccomp_table_make(struct arena *arena, const struct seccomp_profile *profile,
			uint32_t architecture, struct seccomp_table *table)
{
	struct compiler compiler = { arena,	   profile,
				     architecture, known[find_known(architecture)].wide,
				     table,	   .room = 64 };

	*table = (struct seccomp_table){ 0 };
	for (size_t i = 0; i < profile->rule_count; i++)
		compiler.room += profile->rules[i].names->count;
	compiler.entries = arena_array(arena, struct entry, compiler.room);
	add_entries(&compiler);
	sort_entries(&compiler);
	add_verdicts(&compiler);
}
