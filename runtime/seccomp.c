/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp.h"

#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "runtime/seccomp_enosys.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

/* libseccomp makes a tree only where it pays, and up to 2.5.4 a wrong one for an empty filter. */
#define TREE_FROM_RULES 32

enum data { NO_DATA, ERRNO_DATA, TRACE_DATA };

static const struct {
	const char *name;
	uint32_t action;
	enum data data; /* what errnoRet is for */
} actions[] = {
	{ "SCMP_ACT_KILL", SCMP_ACT_KILL_THREAD, NO_DATA },
	{ "SCMP_ACT_KILL_THREAD", SCMP_ACT_KILL_THREAD, NO_DATA },
	{ "SCMP_ACT_KILL_PROCESS", SCMP_ACT_KILL_PROCESS, NO_DATA },
	{ "SCMP_ACT_TRAP", SCMP_ACT_TRAP, NO_DATA },
	{ "SCMP_ACT_ERRNO", SCMP_ACT_ERRNO(0), ERRNO_DATA },
	{ "SCMP_ACT_TRACE", SCMP_ACT_TRACE(0), TRACE_DATA },
	{ "SCMP_ACT_ALLOW", SCMP_ACT_ALLOW, NO_DATA },
	{ "SCMP_ACT_LOG", SCMP_ACT_LOG, NO_DATA },
	{ "SCMP_ACT_NOTIFY", SCMP_ACT_NOTIFY, NO_DATA },
};

static const struct {
	const char *name;
	enum scmp_compare operator;
} operators[] = {
	{ "SCMP_CMP_NE", SCMP_CMP_NE },
	{ "SCMP_CMP_LT", SCMP_CMP_LT },
	{ "SCMP_CMP_LE", SCMP_CMP_LE },
	{ "SCMP_CMP_EQ", SCMP_CMP_EQ },
	{ "SCMP_CMP_GE", SCMP_CMP_GE },
	{ "SCMP_CMP_GT", SCMP_CMP_GT },
	{ "SCMP_CMP_MASKED_EQ", SCMP_CMP_MASKED_EQ },
};

static const struct {
	const char *name;
	unsigned int flag;
} flags[] = {
	{ "SECCOMP_FILTER_FLAG_TSYNC", 0 }, /* the loading process has one thread */
	{ "SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG },
	{ "SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW },
	{ "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV },
};

static int read_action(const char *name, const struct opt_uint *errno_ret, const char *member,
		       uint32_t *action, struct error *err)
{
	uint64_t data = errno_ret->set ? errno_ret->value : EPERM;

	for (size_t i = 0; name && i < ARRAY_SIZE(actions); i++) {
		if (strcmp(name, actions[i].name) != 0)
			continue;
		*action = actions[i].action;
		if (actions[i].data == NO_DATA && errno_ret->set)
			return fail(err, EINVAL, "%s: %s takes no errno", member, name);
		if (data > (actions[i].data == ERRNO_DATA ? 4095 : 65535))
			return fail(err, ERANGE, "%s: errno %llu is too large", member,
				    (unsigned long long)data);
		if (actions[i].data == ERRNO_DATA)
			*action = SCMP_ACT_ERRNO((uint32_t)data);
		if (actions[i].data == TRACE_DATA)
			*action = SCMP_ACT_TRACE((uint32_t)data);
		return 0;
	}
	return fail(err, EINVAL, "%s: unknown action '%s'", member, name ? name : "");
}

/* "SCMP_ARCH_X86_64" is "x86_64" in libseccomp. */
static int read_architecture(const char *name, uint32_t *architecture, struct error *err)
{
	static const char prefix[] = "SCMP_ARCH_";
	char text[32];

	*architecture = 0;
	if (strncmp(name, prefix, strlen(prefix)) == 0) {
		snprintf(text, sizeof(text), "%s", name + strlen(prefix));
		for (char *letter = text; *letter; letter++)
			*letter = (char)tolower((unsigned char)*letter);
		*architecture = seccomp_arch_resolve_name(text);
	}
	if (!*architecture)
		return fail(err, EINVAL, "linux.seccomp.architectures: unknown architecture '%s'",
			    name);
	return 0;
}

static int add_architectures(scmp_filter_ctx filter, const struct string_list *names,
			     struct error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		uint32_t architecture;
		int result;

		if (read_architecture(names->items[i], &architecture, err) < 0)
			return -1;
		result = seccomp_arch_add(filter, architecture);
		if (result < 0 && result != -EEXIST)
			return fail(err, -result, "linux.seccomp.architectures: %s: %s",
				    names->items[i], strerror(-result));
	}
	return 0;
}

static int read_flags(const struct string_list *names, struct seccomp_plan *plan, struct error *err)
{
	for (size_t i = 0; i < names->count; i++) {
		size_t j = 0;

		while (j < ARRAY_SIZE(flags) && strcmp(flags[j].name, names->items[i]) != 0)
			j++;
		if (j == ARRAY_SIZE(flags))
			return fail(err, EINVAL, "linux.seccomp.flags[%zu]: unknown flag '%s'", i,
				    names->items[i]);
		plan->flags |= flags[j].flag;
	}
	return 0;
}

static int read_comparison(const struct spec_seccomp_arg *arg, struct scmp_arg_cmp *comparison)
{
	for (size_t i = 0; arg->op && arg->index < 6 && i < ARRAY_SIZE(operators); i++)
		if (strcmp(arg->op, operators[i].name) == 0) {
			*comparison = (struct scmp_arg_cmp){ arg->index, operators[i].operator,
							     arg->value, arg->value_two };
			return 0;
		}
	return -1;
}

/* Several conditions on one argument are alternatives, as in runc; else all must hold. */
static bool has_alternatives(const struct scmp_arg_cmp *comparisons, size_t count)
{
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (comparisons[i].arg == comparisons[j].arg)
				return true;
	return false;
}

static int add_system_call(scmp_filter_ctx filter, const char *name, uint32_t action,
			   const struct scmp_arg_cmp *comparisons, size_t count)
{
	int number = seccomp_syscall_resolve_name(name), result = 0;

	if (number == __NR_SCMP_ERROR)
		return 0;
	if (!has_alternatives(comparisons, count))
		return seccomp_rule_add_array(filter, action, number, (unsigned int)count,
					      comparisons);
	for (size_t i = 0; i < count && result >= 0; i++)
		result = seccomp_rule_add_array(filter, action, number, 1, &comparisons[i]);
	return result;
}

static int add_rule(scmp_filter_ctx filter, const struct spec_seccomp_rule *rule,
		    const char *member, uint32_t action, struct error *err)
{
	struct scmp_arg_cmp comparisons[16];

	if (rule->args.count > ARRAY_SIZE(comparisons))
		return fail(err, E2BIG, "%s.args: %zu are too many", member, rule->args.count);
	for (size_t i = 0; i < rule->args.count; i++)
		if (read_comparison(&rule->args.items[i], &comparisons[i]) < 0)
			return fail(err, EINVAL,
				    "%s.args[%zu]: index 0..5 and an operator SCMP_CMP_* expected",
				    member, i);
	for (size_t i = 0; i < rule->names.count; i++) {
		int result = add_system_call(filter, rule->names.items[i], action, comparisons,
					     rule->args.count);

		if (result < 0)
			return fail(err, -result, "%s: %s: %s", member, rule->names.items[i],
				    result == -EEXIST ? "contradicts a rule before it"
						      : strerror(-result));
	}
	return 0;
}

/* The child hands the listener on with sendmsg(2), which nobody could answer at that point. */
static int check_notify(const struct spec_seccomp_rule *rule, const char *member, struct error *err)
{
	for (size_t i = 0; i < rule->names.count; i++)
		if (strcmp(rule->names.items[i], "sendmsg") == 0)
			return fail(err, EINVAL, "%s: SCMP_ACT_NOTIFY is not possible for sendmsg",
				    member);
	return 0;
}

static int add_rules(scmp_filter_ctx filter, const struct spec_seccomp *profile, uint32_t otherwise,
		     struct seccomp_plan *plan, struct error *err)
{
	size_t names = 0;

	for (size_t i = 0; i < profile->syscalls.count; i++) {
		const struct spec_seccomp_rule *rule = &profile->syscalls.items[i];
		char member[48];
		uint32_t action;

		snprintf(member, sizeof(member), "linux.seccomp.syscalls[%zu]", i);
		if (read_action(rule->action, &rule->errno_ret, member, &action, err) < 0)
			return -1;
		if (action == SCMP_ACT_NOTIFY && check_notify(rule, member, err) < 0)
			return -1;
		plan->listener |= action == SCMP_ACT_NOTIFY;
		names += rule->names.count;
		/* libseccomp refuses rules that say what happens anyway */
		if (action != otherwise && add_rule(filter, rule, member, action, err) < 0)
			return -1;
	}
	if (names > TREE_FROM_RULES)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return 0;
}

/* Reads what libseccomp exports into the arena, with room for head instructions before it. */
static int export_program(scmp_filter_ctx filter, struct arena *arena,
			  const struct sock_filter *head, size_t head_count,
			  struct seccomp_plan *plan, struct error *err)
{
	cleanup_fd int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct sock_filter *program;
	struct stat status;
	size_t count;
	int result;

	if (fd < 0)
		return fail_errno(err, "linux.seccomp: memfd_create");
	result = seccomp_export_bpf(filter, fd);
	if (result < 0)
		return fail(err, -result, "linux.seccomp: compile: %s", strerror(-result));
	if (fstat(fd, &status) < 0)
		return fail_errno(err, "linux.seccomp: fstat");
	count = head_count + (size_t)status.st_size / sizeof(*program);
	if (count > BPF_MAXINSNS)
		return fail(err, E2BIG,
			    "linux.seccomp: %zu instructions are more than the kernel takes (%d)",
			    count, BPF_MAXINSNS);
	program = arena_array(arena, struct sock_filter, count);
	if (head_count)
		memcpy(program, head, head_count * sizeof(*program));
	if (pread(fd, program + head_count, (size_t)status.st_size, 0) != status.st_size)
		return fail_errno(err, "linux.seccomp: read");
	plan->program = (struct sock_fprog){ (unsigned short)count, program };
	return 0;
}

/* Default actions under which unknown system calls work, or a tracer sees to them. */
static bool is_permissive(uint32_t action)
{
	return action == SCMP_ACT_ALLOW || action == SCMP_ACT_LOG ||
	       (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;
}

static int compile(struct arena *arena, scmp_filter_ctx filter, const struct spec_seccomp *profile,
		   uint32_t otherwise, struct seccomp_plan *plan, struct error *err)
{
	struct sock_filter *head = NULL;
	size_t head_count = 0;

	if (add_architectures(filter, &profile->architectures, err) < 0 ||
	    read_flags(&profile->flags, plan, err) < 0 ||
	    add_rules(filter, profile, otherwise, plan, err) < 0)
		return -1;
	if (plan->listener)
		plan->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	else
		plan->flags &= ~(unsigned int)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	if (!is_permissive(otherwise) && otherwise != SCMP_ACT_ERRNO(ENOSYS))
		head_count = seccomp_enosys_head(arena, filter, profile, &head);
	return export_program(filter, arena, head, head_count, plan, err);
}

int seccomp_plan(struct arena *arena, const struct spec_seccomp *profile, struct seccomp_plan *plan,
		 struct error *err)
{
	uint32_t otherwise;
	scmp_filter_ctx filter;
	int result;

	*plan = (struct seccomp_plan){ 0 };
	if (!profile)
		return 0;
	plan->listener_path = profile->listener_path;
	plan->listener_metadata = profile->listener_metadata;
	if (read_action(profile->default_action, &profile->default_errno_ret,
			"linux.seccomp.defaultAction", &otherwise, err) < 0)
		return -1;
	if (otherwise == SCMP_ACT_NOTIFY)
		return fail(
			err, EINVAL,
			"linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is only for single calls");
	filter = seccomp_init(otherwise);
	if (!filter)
		return fail(err, ENOMEM, "linux.seccomp: libseccomp cannot make a filter");
	result = compile(arena, filter, profile, otherwise, plan, err);
	seccomp_release(filter);
	return result;
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
