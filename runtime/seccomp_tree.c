/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_tree.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>

#include "runtime/seccomp_table.h"

#define X32_BIT 0x40000000u /* of all numbers of x32, which shares the rest with x86_64 */

bool seccomp_tree_can(const struct seccomp_profile *profile)
{
	for (size_t i = 0; i < profile->architecture_count; i++)
		if (!seccomp_table_can(profile->architectures[i]))
			return false;
	return true;
}

struct tree {
	struct arena *arena;
	const struct seccomp_profile *profile;
	struct seccomp_code code;
};

static size_t emit_table(struct tree *tree, const struct seccomp_table *table)
{
	return seccomp_emit_ranges(&tree->code, table->items, table->count);
}

/* What of x32 x86_64 says as well is left to that one, which begins at label. */
static void share_ranges(struct arena *arena, const struct seccomp_table *x86_64,
			 const struct seccomp_table *x32, size_t label,
			 struct seccomp_table *result)
{
	for (size_t i = 0, j = 0; i < x32->count && j < x86_64->count;) {
		const struct seccomp_range *range = &x32->items[i], *other = &x86_64->items[j];
		uint32_t end = i + 1 < x32->count ? range[1].first : UINT32_MAX;
		uint32_t other_end = j + 1 < x86_64->count ? other[1].first : UINT32_MAX;
		struct seccomp_range shared = *range;

		if (other->first > shared.first)
			shared.first = other->first;
		if (seccomp_range_is_same(range, other))
			shared.leaf = (struct seccomp_leaf){ .elsewhere = label };
		seccomp_table_add(arena, result, &shared);
		i += end <= other_end;
		j += other_end <= end;
	}
}

static bool has_architecture(const struct seccomp_profile *profile, uint32_t architecture)
{
	for (size_t i = 0; i < profile->architecture_count; i++)
		if (profile->architectures[i] == architecture)
			return true;
	return false;
}

/*
 * x32 is found behind x86_64, by its bit. Without it such numbers are a wrong architecture; but a
 * tracer skips a call by making its number -1 (seccomp(2)).
 */
static size_t emit_x86_64(struct tree *tree)
{
	static const struct seccomp_range none = { 0, { .otherwise = SECCOMP_RET_KILL_THREAD } };
	const struct seccomp_profile *profile = tree->profile;
	struct seccomp_table x86_64 = { 0 }, x32 = { 0 }, shared = { 0 };
	struct seccomp_code *code = &tree->code;
	bool wide = has_architecture(profile, SCMP_ARCH_X86_64), is_enosys;
	size_t label, x32_label;

	if (wide)
		seccomp_table_make(tree->arena, profile, SCMP_ARCH_X86_64, &x86_64);
	else
		seccomp_table_add(tree->arena, &x86_64, &none);
	label = emit_table(tree, &x86_64);
	if (has_architecture(profile, SCMP_ARCH_X32)) {
		seccomp_table_make(tree->arena, profile, SCMP_ARCH_X32, &x32);
		share_ranges(tree->arena, &x86_64, &x32, label, &shared);
		x32_label = emit_table(tree, &shared);
		x32_label = seccomp_emit(code, BPF_ALU | BPF_AND | BPF_K, ~X32_BIT, x32_label);
	} else {
		x32_label = seccomp_emit_return(code, SECCOMP_RET_KILL_THREAD);
		x32_label = seccomp_emit_jump(code, BPF_JEQ, UINT32_MAX,
					      seccomp_emit_return(code, profile->otherwise),
					      x32_label);
	}
	/* "newer than the profile" goes before "wrong architecture" */
	is_enosys = wide && profile->enosys &&
		    x86_64.items[x86_64.count - 1].leaf.otherwise == (SECCOMP_RET_ERRNO | ENOSYS);
	return seccomp_emit_jump(code, is_enosys ? BPF_JSET : BPF_JGE, X32_BIT, x32_label, label);
}

static size_t emit_architecture(struct tree *tree, uint32_t architecture)
{
	struct seccomp_table table;
	size_t label;

	if (architecture == SCMP_ARCH_X86_64) {
		label = emit_x86_64(tree);
	} else {
		seccomp_table_make(tree->arena, tree->profile, architecture, &table);
		label = emit_table(tree, &table);
	}
	return seccomp_emit(&tree->code, BPF_LD | BPF_W | BPF_ABS,
			    offsetof(struct seccomp_data, nr), label);
}

/* What the kernel calls it: x86_64 and x32 are one, which is made when the first of them comes. */
static uint32_t audit_of(uint32_t architecture)
{
	return architecture == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : architecture;
}

int seccomp_tree_compile(struct arena *arena, const struct seccomp_profile *profile,
			 struct sock_fprog *program, struct error *err)
{
	struct tree tree = { .arena = arena, .profile = profile, .code = { .arena = arena } };
	struct seccomp_code *code = &tree.code;
	size_t label = seccomp_emit_return(code, SECCOMP_RET_KILL_THREAD);

	for (size_t i = profile->architecture_count; i-- > 0;) {
		uint32_t architecture = audit_of(profile->architectures[i]);
		bool is_done = false;

		for (size_t j = 0; j < i; j++)
			is_done |= audit_of(profile->architectures[j]) == architecture;
		if (!is_done)
			label = seccomp_emit_jump(code, BPF_JEQ, architecture,
						  emit_architecture(&tree, architecture), label);
	}
	seccomp_emit(code, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), label);
	if (code->count > BPF_MAXINSNS)
		return fail(err, E2BIG,
			    "linux.seccomp: %zu instructions are more than the kernel takes (%d)",
			    code->count, BPF_MAXINSNS);
	*program = (struct sock_fprog){ (unsigned short)code->count, seccomp_code_begin(code) };
	return 0;
}
