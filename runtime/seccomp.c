/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp.h"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/macro.h"
#include "runtime/seccomp_library.h"
#include "runtime/seccomp_profile.h"
#include "runtime/seccomp_table.h"
#include "runtime/seccomp_tree.h"

/* This kernel runs no programs of other families: a filter need not know their calls. */
static void drop_foreign(struct seccomp_profile *profile)
{
	uint32_t native = profile->architectures[0];
	size_t kept = 0;

	if (!seccomp_table_can(native))
		return;
	for (size_t i = 0; i < profile->architecture_count; i++)
		if (seccomp_table_is_akin(native, profile->architectures[i]))
			profile->architectures[kept++] = profile->architectures[i];
	profile->architecture_count = kept;
}

int seccomp_plan(struct arena *arena, const struct spec_seccomp *spec, struct seccomp_plan *plan,
		 struct error *err)
{
	struct seccomp_profile profile;

	*plan = (struct seccomp_plan){ 0 };
	if (!spec)
		return 0;
	if (seccomp_profile_read(arena, spec, &profile, err) < 0)
		return -1;
	plan->flags = profile.flags;
	plan->listener = profile.listener;
	plan->listener_path = spec->listener_path;
	plan->listener_metadata = spec->listener_metadata;
	drop_foreign(&profile);
	if (seccomp_tree_can(&profile))
		return seccomp_tree_compile(arena, &profile, &plan->program, err);
	return seccomp_library_compile(arena, &profile, &plan->program, err);
}

static char *print_instruction(struct arena *arena, const struct sock_filter *insn, size_t index)
{
	static const struct {
		uint16_t code;
		const char *text;
	} comparisons[] = { { BPF_JMP | BPF_JEQ | BPF_K, "==" },
			    { BPF_JMP | BPF_JGT | BPF_K, ">" },
			    { BPF_JMP | BPF_JGE | BPF_K, ">=" },
			    { BPF_JMP | BPF_JSET | BPF_K, "&" } };

	for (size_t i = 0; i < ARRAY_SIZE(comparisons); i++)
		if (insn->code == comparisons[i].code)
			return arena_printf(arena, "if A %s %#x goto %zu else %zu",
					    comparisons[i].text, insn->k, index + 1 + insn->jt,
					    index + 1 + insn->jf);
	switch (insn->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return arena_printf(arena, "A = data[%u]", insn->k);
	case BPF_ALU | BPF_AND | BPF_K:
		return arena_printf(arena, "A &= %#x", insn->k);
	case BPF_JMP | BPF_JA:
		return arena_printf(arena, "goto %zu", index + 1 + insn->k);
	case BPF_RET | BPF_K:
		return arena_printf(arena, "return %#x", insn->k);
	default:
		return arena_printf(arena, "%#x %u %u %#x", insn->code, insn->jt, insn->jf,
				    insn->k);
	}
}

char *seccomp_plan_print(struct arena *arena, const struct seccomp_plan *plan)
{
	char *text = arena_strdup(arena, "");

	for (size_t i = 0; i < plan->program.len; i++)
		text = arena_printf(arena, "%s%4zu  %s\n", text, i,
				    print_instruction(arena, &plan->program.filter[i], i));
	return text;
}

int seccomp_apply(const struct seccomp_plan *plan, struct error *err)
{
	long result;

	if (!plan->program.filter)
		return 0;
	result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, plan->flags, &plan->program);
	if (result < 0)
		return fail_errno(err, "load the seccomp filter");
	return plan->listener ? (int)result : 0;
}
