/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/default_seccomp.h"

#include <errno.h>
#include <seccomp.h>

#include "runtime/seccomp.h"
#include "unit.h"

static struct arena arena;
static struct error err;

static struct spec_seccomp profile(char *capability)
{
	char *names[] = { capability, NULL };
	const struct string_list bounding = { .items = names, .count = capability != NULL };
	struct spec_seccomp result;

	default_seccomp(&arena, &bounding, &result);
	return result;
}

/* The errno that a call without condition fails with; 0: it is allowed. */
static uint64_t refused(const struct spec_seccomp *seccomp, const char *name)
{
	for (size_t i = 0; i < seccomp->syscalls.count; i++) {
		const struct spec_seccomp_rule *rule = &seccomp->syscalls.items[i];

		if (!rule->args.count && string_list_has(&rule->names, name))
			return rule->errno_ret.value;
	}
	return 0;
}

TEST(default_seccomp_refuses_what_reaches_beyond_the_container)
{
	struct spec_seccomp seccomp = profile(NULL);

	CHECK_INT((long long)refused(&seccomp, "mount"), EPERM);
	CHECK_INT((long long)refused(&seccomp, "init_module"), EPERM);
	CHECK_INT((long long)refused(&seccomp, "keyctl"), EPERM);
	CHECK_INT((long long)refused(&seccomp, "clone3"), ENOSYS);
	CHECK_INT((long long)refused(&seccomp, "openat"), 0);
	CHECK_INT((long long)refused(&seccomp, "chroot"), 0);
	arena_free(&arena);
}

TEST(default_seccomp_gives_back_what_a_capability_is_for)
{
	struct spec_seccomp admin = profile("CAP_SYS_ADMIN"), time = profile("CAP_SYS_TIME");

	CHECK_INT((long long)refused(&admin, "mount"), 0);
	CHECK_INT((long long)refused(&admin, "clone3"), 0);
	CHECK_INT((long long)refused(&admin, "init_module"), EPERM);
	CHECK_INT((long long)refused(&time, "clock_settime"), 0);
	CHECK_INT((long long)refused(&time, "mount"), EPERM);
	arena_free(&arena);
}

TEST(default_seccomp_has_no_name_that_is_no_system_call)
{
	struct spec_seccomp seccomp = profile(NULL);

	for (size_t i = 0; i < seccomp.syscalls.count; i++)
		for (size_t j = 0; j < seccomp.syscalls.items[i].names.count; j++) {
			const char *name = seccomp.syscalls.items[i].names.items[j];

			/* newer than the libseccomp of Debian 12 */
			if (seccomp_syscall_resolve_name(name) == __NR_SCMP_ERROR)
				CHECK_STRING(name, "set_mempolicy_home_node");
		}
	arena_free(&arena);
}

TEST(default_seccomp_compiles)
{
	struct spec_seccomp seccomp = profile(NULL);
	struct seccomp_plan plan;

	CHECK(seccomp_plan(&arena, &seccomp, &plan, &err) == 0);
	CHECK(plan.program.filter != NULL);
	arena_free(&arena);
}
