/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_profile.h"

#include <ctype.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <string.h>

#include "base/macro.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif

enum data { NO_DATA, ERRNO_DATA, TRACE_DATA };

static const struct {
	const char *name;
	uint32_t action;
	enum data data; /* what errnoRet is for */
} actions[] = {
	{ "SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, NO_DATA },
	{ "SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, NO_DATA },
	{ "SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, NO_DATA },
	{ "SCMP_ACT_TRAP", SECCOMP_RET_TRAP, NO_DATA },
	{ "SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, ERRNO_DATA },
	{ "SCMP_ACT_TRACE", SECCOMP_RET_TRACE, TRACE_DATA },
	{ "SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, NO_DATA },
	{ "SCMP_ACT_LOG", SECCOMP_RET_LOG, NO_DATA },
	{ "SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, NO_DATA },
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
	size_t i = 0;

	while (name && i < ARRAY_SIZE(actions) && strcmp(name, actions[i].name) != 0)
		i++;
	if (!name || i == ARRAY_SIZE(actions))
		return fail(err, EINVAL, "%s: unknown action '%s'", member, name ? name : "");
	*action = actions[i].action;
	if (actions[i].data == NO_DATA && errno_ret->set)
		return fail(err, EINVAL, "%s: %s takes no errno", member, name);
	if (actions[i].data == NO_DATA)
		return 0;
	if (data > (actions[i].data == ERRNO_DATA ? 4095 : SECCOMP_RET_DATA))
		return fail(err, ERANGE, "%s: errno %llu is too large", member,
			    (unsigned long long)data);
	*action |= (uint32_t)data;
	return 0;
}

/* "SCMP_ARCH_X86_64" is "x86_64" in libseccomp. 0: unknown. */
static uint32_t architecture_of(const char *name)
{
	static const char prefix[] = "SCMP_ARCH_";
	char text[32];

	if (strncmp(name, prefix, strlen(prefix)) != 0)
		return 0;
	snprintf(text, sizeof(text), "%s", name + strlen(prefix));
	for (char *letter = text; *letter; letter++)
		*letter = (char)tolower((unsigned char)*letter);
	return seccomp_arch_resolve_name(text);
}

static int read_architectures(struct arena *arena, const struct string_list *names,
			      struct seccomp_profile *profile, struct error *err)
{
	profile->architectures = arena_array(arena, uint32_t, names->count + 1);
	profile->architectures[0] = seccomp_arch_native();
	profile->architecture_count = 1;
	for (size_t i = 0; i < names->count; i++) {
		uint32_t architecture = architecture_of(names->items[i]);
		size_t j = 0;

		if (!architecture)
			return fail(err, EINVAL,
				    "linux.seccomp.architectures[%zu]: unknown architecture '%s'",
				    i, names->items[i]);
		while (j < profile->architecture_count && profile->architectures[j] != architecture)
			j++;
		if (j == profile->architecture_count)
			profile->architectures[profile->architecture_count++] = architecture;
	}
	return 0;
}

/*
 * Without the member, and not with an empty list, the program stays as open to speculative store
 * bypass as it was: what runc and crun do, as the mitigation has a price that nobody asked for.
 */
static int read_flags(const struct string_list *names, struct seccomp_profile *profile,
		      struct error *err)
{
	if (!names->items)
		profile->flags |= SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	for (size_t i = 0; i < names->count; i++) {
		size_t j = 0;

		while (j < ARRAY_SIZE(flags) && strcmp(flags[j].name, names->items[i]) != 0)
			j++;
		if (j == ARRAY_SIZE(flags))
			return fail(err, EINVAL, "linux.seccomp.flags[%zu]: unknown flag '%s'", i,
				    names->items[i]);
		profile->flags |= flags[j].flag;
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

/* Several comparisons of one argument are alternatives, as in runc; else all must hold. */
static bool has_alternatives(const struct scmp_arg_cmp *comparisons, size_t count)
{
	uint32_t seen = 0;

	for (size_t i = 0; i < count; i++) {
		if (seen & UINT32_C(1) << comparisons[i].arg)
			return true;
		seen |= UINT32_C(1) << comparisons[i].arg;
	}
	return false;
}

/*
 * The child hands the listener on with sendmsg(2), which nobody could answer at that point;
 * write(2) is what runc does it with, and refuses.
 */
static int check_notify(const struct string_list *names, const char *member, struct error *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (!strcmp(names->items[i], "sendmsg") || !strcmp(names->items[i], "write"))
			return fail(err, EINVAL,
				    "%s: SCMP_ACT_NOTIFY cannot be used for the %s syscall", member,
				    names->items[i]);
	return 0;
}

/* Asked for by the annotation; else what libseccomp does not know is ignored. */
static int check_known(const struct string_list *names, const char *member, struct error *err)
{
	for (size_t i = 0; i < names->count; i++)
		if (seccomp_syscall_resolve_name(names->items[i]) == __NR_SCMP_ERROR)
			return fail(err, EINVAL,
				    "%s: unknown system call '%s' (annotation "
				    "run.oci.seccomp_fail_unknown_syscall)",
				    member, names->items[i]);
	return 0;
}

static int read_rule(struct arena *arena, const struct spec_seccomp_rule *spec, const char *member,
		     struct seccomp_rule *rule, struct error *err)
{
	if (read_action(spec->action, &spec->errno_ret, member, &rule->action, err) < 0)
		return -1;
	if (rule->action == SECCOMP_RET_USER_NOTIF && check_notify(&spec->names, member, err) < 0)
		return -1;
	rule->names = &spec->names;
	rule->count = spec->args.count;
	rule->comparisons = arena_array(arena, struct scmp_arg_cmp, rule->count);
	for (size_t i = 0; i < rule->count; i++)
		if (read_comparison(&spec->args.items[i], &rule->comparisons[i]) < 0)
			return fail(err, EINVAL,
				    "%s.args[%zu]: an index of 0..5 and an op like SCMP_CMP_EQ "
				    "expected",
				    member, i);
	rule->alternatives = has_alternatives(rule->comparisons, rule->count);
	return 0;
}

static int read_rules(struct arena *arena, const struct spec_seccomp *spec,
		      struct seccomp_profile *profile, struct error *err)
{
	profile->rules = arena_array(arena, struct seccomp_rule, spec->syscalls.count);
	for (size_t i = 0; i < spec->syscalls.count; i++) {
		struct seccomp_rule *rule = &profile->rules[profile->rule_count];
		char member[48];

		snprintf(member, sizeof(member), "linux.seccomp.syscalls[%zu]", i);
		if (spec->fail_unknown &&
		    check_known(&spec->syscalls.items[i].names, member, err) < 0)
			return -1;
		if (read_rule(arena, &spec->syscalls.items[i], member, rule, err) < 0)
			return -1;
		profile->listener |= rule->action == SECCOMP_RET_USER_NOTIF;
		profile->rule_count += rule->action != profile->otherwise;
	}
	return 0;
}

/* Whether unknown system calls work, or a tracer sees to them. */
static bool is_permissive(uint32_t action)
{
	return action == SECCOMP_RET_ALLOW || action == SECCOMP_RET_LOG ||
	       (action & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;
}

int seccomp_profile_read(struct arena *arena, const struct spec_seccomp *spec,
			 struct seccomp_profile *profile, struct error *err)
{
	*profile = (struct seccomp_profile){ 0 };
	if (read_action(spec->default_action, &spec->default_errno_ret,
			"linux.seccomp.defaultAction", &profile->otherwise, err) < 0)
		return -1;
	if (profile->otherwise == SECCOMP_RET_USER_NOTIF)
		return fail(
			err, EINVAL,
			"linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is for single calls only");
	if (read_architectures(arena, &spec->architectures, profile, err) < 0 ||
	    read_flags(&spec->flags, profile, err) < 0 || read_rules(arena, spec, profile, err) < 0)
		return -1;
	profile->enosys = !is_permissive(profile->otherwise) &&
			  profile->otherwise != (SECCOMP_RET_ERRNO | ENOSYS);
	/* the kernel wants the one with the other */
	if (profile->listener)
		profile->flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	else
		profile->flags &= ~(unsigned int)SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	return 0;
}
