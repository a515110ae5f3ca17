/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_library.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "runtime/seccomp_enosys.h"

/* libseccomp's tree pays from here on, and up to 2.5.4 it is wrong for an empty filter. */
#define TREE_FROM_NAMES 32

static int add_architectures(scmp_filter_ctx filter, const struct seccomp_profile *profile,
			     struct error *err)
{
	/* the first one is native, which libseccomp has added itself */
	for (size_t i = 1; i < profile->architecture_count; i++) {
		int result = seccomp_arch_add(filter, profile->architectures[i]);

		if (result < 0 && result != -EEXIST)
			return fail(err, -result, "linux.seccomp.architectures: %#x: %s",
				    profile->architectures[i], strerror(-result));
	}
	return 0;
}

static int add_system_call(scmp_filter_ctx filter, const char *name,
			   const struct seccomp_rule *rule)
{
	int number = seccomp_syscall_resolve_name(name), result = 0;
	size_t each = rule->alternatives ? 1 : rule->count, i = 0;

	if (number == __NR_SCMP_ERROR)
		return 0;
	do {
		result = seccomp_rule_add_array(filter, rule->action, number, (unsigned int)each,
						rule->comparisons + i);
		i += each;
	} while (result >= 0 && i < rule->count);
	return result;
}

static int add_rules(scmp_filter_ctx filter, const struct seccomp_profile *profile,
		     struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct seccomp_rule *rule = &profile->rules[i];

		for (size_t j = 0; j < rule->names->count; j++) {
			const char *name = rule->names->items[j];
			int result = add_system_call(filter, name, rule);

			if (result < 0)
				return fail(err, -result, "linux.seccomp.syscalls: %s: %s", name,
					    result == -EEXIST ? "contradicts a rule before it"
							      : strerror(-result));
		}
		count += rule->names->count;
	}
	if (count > TREE_FROM_NAMES)
		seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	return 0;
}

/* Reads what libseccomp exports into the arena, behind the head. */
static int export_program(struct arena *arena, scmp_filter_ctx filter,
			  const struct sock_filter *head, size_t head_count,
			  struct sock_fprog *program, struct error *err)
{
	cleanup_fd int fd = memfd_create("seccomp", MFD_CLOEXEC);
	struct sock_filter *items;
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
	count = head_count + (size_t)status.st_size / sizeof(*items);
	if (count > BPF_MAXINSNS)
		return fail(err, E2BIG,
			    "linux.seccomp: %zu instructions are more than the kernel takes (%d)",
			    count, BPF_MAXINSNS);
	items = arena_array(arena, struct sock_filter, count);
	if (head_count)
		memcpy(items, head, head_count * sizeof(*items));
	if (pread(fd, items + head_count, (size_t)status.st_size, 0) != status.st_size)
		return fail_errno(err, "linux.seccomp: read");
	*program = (struct sock_fprog){ (unsigned short)count, items };
	return 0;
}

static int compile(struct arena *arena, scmp_filter_ctx filter,
		   const struct seccomp_profile *profile, struct sock_fprog *program,
		   struct error *err)
{
	struct sock_filter *head = NULL;
	size_t head_count = 0;

	if (add_architectures(filter, profile, err) < 0 || add_rules(filter, profile, err) < 0)
		return -1;
	if (profile->enosys)
		head_count = seccomp_enosys_head(arena, filter, profile, &head);
	return export_program(arena, filter, head, head_count, program, err);
}

int seccomp_library_compile(struct arena *arena, const struct seccomp_profile *profile,
			    struct sock_fprog *program, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(profile->otherwise);
	int result;

	if (!filter)
		return fail(err, ENOMEM, "linux.seccomp: libseccomp cannot make a filter");
	result = compile(arena, filter, profile, program, err);
	seccomp_release(filter);
	return result;
}
