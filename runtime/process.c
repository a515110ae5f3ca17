/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/process.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "runtime/executable.h"
#include "runtime/keyring.h"
#include "runtime/passwd.h"
#include "runtime/security_label.h"
#include "runtime/signals.h"
#include "runtime/socket_scope.h"

/* The kernel's own limit for all arguments and variables is 6 MiB (fs/exec.c: 3/4 of _STK_LIM). */
#define MAX_STRINGS ((size_t)6 << 20)

struct variable {
	char *text;
	size_t name_length, index;
};

/* By name, then as the document has them. */
static int compare_variables(const void *left, const void *right)
{
	const struct variable *a = left, *b = right;
	size_t shorter = a->name_length < b->name_length ? a->name_length : b->name_length;
	int order = memcmp(a->text, b->text, shorter);

	if (order)
		return order;
	if (a->name_length != b->name_length)
		return a->name_length < b->name_length ? -1 : 1;
	return a->index < b->index ? -1 : 1;
}

static bool same_name(const struct variable *a, const struct variable *b)
{
	return a->name_length == b->name_length && !memcmp(a->text, b->text, a->name_length);
}

static int check_size(const struct string_list *list, const char *field, struct error *err)
{
	size_t size = 0;

	for (size_t i = 0; i < list->count; i++) {
		size += strlen(list->items[i]) + 1 + sizeof(char *);
		if (size > MAX_STRINGS)
			return fail(err, E2BIG, "process.%s: longer than the kernel takes", field);
	}
	return 0;
}

/*
 * Copies env without what is set again later: a program would see the first of two, shells the
 * last, and engines append what a user overrides.
 */
static int plan_env(struct arena *arena, const struct string_list *env, struct process_plan *plan,
		    struct error *err)
{
	struct variable *sorted = arena_array(arena, struct variable, env->count);
	bool *repeated = arena_array(arena, bool, env->count);

	if (check_size(env, "env", err) < 0)
		return -1;
	for (size_t i = 0; i < env->count; i++) {
		char *text = env->items[i], *equals = strchr(text, '=');

		if (!equals || equals == text)
			return fail(err, EINVAL,
				    "process.env[%zu]: NAME=VALUE expected, found '%.100s'", i,
				    text);
		sorted[i] = (struct variable){ text, (size_t)(equals - text), i };
	}
	if (env->count)
		qsort(sorted, env->count, sizeof(*sorted), compare_variables);
	for (size_t i = 1; i < env->count; i++)
		if (same_name(&sorted[i - 1], &sorted[i]))
			repeated[sorted[i - 1].index] = true;
	/* Room for HOME, and the NULL. */
	plan->env = arena_array(arena, char *, env->count + 2);
	for (size_t i = 0; i < env->count; i++) {
		char *text = env->items[i];

		if (repeated[i])
			continue;
		plan->env[plan->env_count++] = text;
		if (!strncmp(text, "PATH=", 5))
			plan->path = text + 5;
		if (!strncmp(text, "HOME=", 5) && text[5])
			plan->has_home = true;
	}
	return 0;
}

static int plan_strings(struct arena *arena, const struct spec_process *spec,
			struct process_plan *plan, struct error *err)
{
	if (!spec->args.count || !spec->args.items[0][0])
		return fail(err, EINVAL, "process.args[0]: the program's name is missing");
	if (check_size(&spec->args, "args", err) < 0)
		return -1;
	plan->argv = arena_array(arena, char *, spec->args.count + 1);
	memcpy(plan->argv, spec->args.items, spec->args.count * sizeof(*plan->argv));
	plan->path = EXECUTABLE_DEFAULT_PATH;
	if (plan_env(arena, &spec->env, plan, err) < 0)
		return -1;
	plan->cwd = spec->cwd ? spec->cwd : "/";
	if (plan->cwd[0] != '/')
		return fail(err, EINVAL, "process.cwd: absolute path expected, found '%s'",
			    plan->cwd);
	if (strlen(plan->cwd) >= PATH_MAX)
		return fail(err, ENAMETOOLONG, "process.cwd: longer than %d bytes", PATH_MAX - 1);
	return 0;
}

int process_plan(struct arena *arena, const struct spec_process *spec,
		 const struct process_context *context, struct process_plan *plan,
		 struct error *err)
{
	*plan = (struct process_plan){
		.user_namespace = context->user_namespace,
		.no_new_privileges = spec->no_new_privileges,
		.keep_sys_admin = context->seccomp && !spec->no_new_privileges,
		.preserve_fds = context->preserve_fds,
		.make_directory = !context->joins,
		.apparmor_profile = spec->apparmor_profile,
		.selinux_label = spec->selinux_label,
	};
	capability_plan(spec->capabilities, context->last_capability, &plan->capabilities);
	if (plan_strings(arena, spec, plan, err) < 0 ||
	    credentials_plan(arena, &spec->user, &plan->credentials, err) < 0 ||
	    resource_limits_plan(arena, spec, &plan->resource_limits, err) < 0 ||
	    scheduling_plan(spec, context->joins, &plan->scheduling, err) < 0 ||
	    personality_plan(context->personality, &plan->personality, err) < 0 ||
	    memory_policy_plan(context->memory_policy, &plan->memory_policy, err) < 0)
		return -1;
	plan->credentials.keep_groups = context->keep_groups || context->as_caller;
	plan->credentials.keep_owners = plan->scope_sockets = context->as_caller;
	if (context->keyring)
		plan->keyring = arena_printf(arena, "_ses.%s", context->id);
	return 0;
}

int process_lead_session(struct error *err)
{
	/* EPERM: it leads a session already. */
	if (setsid() < 0 && errno != EPERM)
		return fail_errno(err, "setsid");
	return 0;
}

int process_protect(uint64_t ignored, struct error *err)
{
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail_errno(err, "become undumpable");
	signals_reset_these(ignored);
	return process_lead_session(err);
}

/* The env array has a free slot for it. An empty HOME counts as none, but keeps its slot. */
static void add_home(struct process_plan *plan, int root)
{
	const size_t name = sizeof("HOME=") - 1;
	size_t slot = 0;

	memcpy(plan->home, "HOME=", name);
	passwd_home(root, plan->credentials.uid, plan->home + name, sizeof(plan->home) - name);
	while (slot < plan->env_count && strncmp(plan->env[slot], "HOME=", name) != 0)
		slot++;
	plan->env[slot] = plan->home;
	if (slot == plan->env_count)
		plan->env_count++;
}

/* The working directory may be missing, as engines rely on; a new one belongs to the user. */
static int make_directory(const struct process_plan *plan, int root, struct error *err)
{
	cleanup_fd int there = -1, made = -1;

	if (!plan->cwd[1])
		return 0;
	there = open_in_root(root, plan->cwd, O_PATH, 0, err);
	if (there >= 0)
		return 0;
	made = mkdir_in_root(root, plan->cwd, 0755, err);
	if (made < 0)
		return fail_in(err, "process.cwd");
	if (fchownat(made, "", plan->credentials.uid, plan->credentials.gid, AT_EMPTY_PATH) < 0)
		return fail_errno(err, "process.cwd: give %s to user %u", plan->cwd,
				  plan->credentials.uid);
	return 0;
}

int process_prepare(struct process_plan *plan, int root, int proc, struct error *err)
{
	if (plan->keyring && (security_label_keys(plan->selinux_label, proc, err) < 0 ||
			      keyring_join(plan->keyring, plan->user_namespace, err) < 0))
		return -1;
	if (personality_apply(&plan->personality, err) < 0 ||
	    memory_policy_apply(&plan->memory_policy, err) < 0)
		return -1;
	if (security_label_apply(plan->apparmor_profile, plan->selinux_label, proc, err) < 0)
		return -1;
	if (!plan->has_home)
		add_home(plan, root);
	return plan->make_directory ? make_directory(plan, root, err) : 0;
}

/*
 * CVE-2024-21626: a directory that was left open from the host, entered by /proc/self/fd/N, is
 * outside of the root, which getcwd(2) says by a path that does not begin with '/'.
 */
static int verify_directory(const struct process_plan *plan, struct error *err)
{
	char path[PATH_MAX + sizeof("(unreachable)")];
	long length = syscall(SYS_getcwd, path, sizeof(path));

	if (length < 0)
		return fail_errno(err, "process.cwd: %s", plan->cwd);
	if (path[0] != '/')
		return fail(err, EPERM, "process.cwd: %s is outside of the container's root",
			    plan->cwd);
	return 0;
}

/* Everything from first on is closed by execve, whatever was inherited or forgotten. */
static int close_on_exec(unsigned int first, struct error *err)
{
	if (close_range(first, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return fail_errno(err, "close_range");
	return 0;
}

int process_become_user(const struct process_plan *plan, int proc, struct error *err)
{
	uint64_t also = plan->keep_sys_admin ? UINT64_C(1) << CAP_SYS_ADMIN : 0;
	bool inside;

	if (close_on_exec(3 + plan->preserve_fds, err) < 0 ||
	    (plan->scope_sockets && socket_scope_enter(err) < 0) ||
	    credentials_own_stdio(&plan->credentials, err) < 0)
		return -1;
	/* Root may enter what the user may not, and, on some file systems, the other way round. */
	inside = chdir(plan->cwd) == 0;
	if (!inside && errno != EACCES && errno != EPERM)
		return fail_errno(err, "process.cwd: chdir to %s", plan->cwd);
	if (capability_drop_bounding(&plan->capabilities, err) < 0 ||
	    credentials_apply(&plan->credentials, proc, err) < 0 ||
	    capability_apply(&plan->capabilities, also, err) < 0)
		return -1;
	if (!inside && chdir(plan->cwd) < 0)
		return fail_errno(err, "process.cwd: chdir to %s", plan->cwd);
	if (verify_directory(plan, err) < 0)
		return -1;
	if (plan->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return fail_errno(err, "process.noNewPrivileges");
	return 0;
}

int process_find_executable(struct process_plan *plan, struct error *err)
{
	return executable_find(plan->argv[0], plan->path, plan->executable,
			       sizeof(plan->executable), err);
}

int process_limit(const struct process_plan *plan, struct error *err)
{
	return resource_limits_apply(&plan->resource_limits, err);
}

int process_execute(const struct process_plan *plan, struct error *err)
{
	execve(plan->executable, plan->argv, plan->env);
	/* In the words that engines look for: small letters. */
	switch (errno) {
	case ENOENT:
		/* It was found, so its interpreter is missing. */
		return fail(err, ENOENT, "exec %s: no such file or directory", plan->executable);
	case EACCES:
		return fail(err, EACCES, "exec %s: permission denied", plan->executable);
	case ENOEXEC:
		return fail(err, ENOEXEC, "exec %s: exec format error", plan->executable);
	}
	return fail_errno(err, "exec %s", plan->executable);
}

int process_exit_status(const struct error *err, int other)
{
	switch (err->errnum) {
	case ENOENT:
		return 127;
	case EACCES:
	case ENOEXEC:
		return 126;
	}
	return other;
}
