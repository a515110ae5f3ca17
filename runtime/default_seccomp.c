/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/default_seccomp.h"

#include <errno.h>
#include <linux/sched.h>
#include <sys/socket.h>

#include "base/macro.h"

#define MOST_NAMES 20

struct group {
	const char *capability; /* that gives them back; NULL: none does */
	const char *names[MOST_NAMES];
};

static const struct group groups[] = {
	{ NULL,
	  { "add_key", "keyctl", "request_key", "userfaultfd", "kexec_load", "kexec_file_load",
	    "swapon", "swapoff", "uselib", "ustat", "sysfs", "_sysctl", "nfsservctl", "vm86",
	    "vm86old", "lookup_dcookie", "move_pages" } },
	{ NULL, { "io_uring_setup", "io_uring_enter", "io_uring_register" } },
	{ "CAP_SYS_ADMIN",
	  { "mount", "umount", "umount2", "mount_setattr", "move_mount", "open_tree", "fsopen",
	    "fsconfig", "fsmount", "fspick", "pivot_root", "setns", "unshare", "quotactl",
	    "quotactl_fd", "fanotify_init", "sethostname", "setdomainname" } },
	{ "CAP_SYS_MODULE", { "init_module", "finit_module", "delete_module" } },
	{ "CAP_SYS_TIME",
	  { "settimeofday", "stime", "clock_settime", "clock_settime64", "adjtimex",
	    "clock_adjtime", "clock_adjtime64" } },
	{ "CAP_SYS_BOOT", { "reboot" } },
	{ "CAP_SYS_PACCT", { "acct" } },
	{ "CAP_SYS_RAWIO", { "ioperm", "iopl" } },
	{ "CAP_SYS_TTY_CONFIG", { "vhangup" } },
	{ "CAP_SYS_NICE",
	  { "mbind", "set_mempolicy", "set_mempolicy_home_node", "migrate_pages" } },
	{ "CAP_SYS_PTRACE", { "kcmp", "pidfd_getfd", "process_madvise" } },
	{ "CAP_DAC_READ_SEARCH", { "open_by_handle_at" } },
	{ "CAP_SYSLOG", { "syslog" } },
	{ "CAP_BPF", { "bpf" } },
	{ "CAP_PERFMON", { "perf_event_open" } },
};

/* The namespaces that clone(2) makes; with a mask an argument is only compared with one value. */
static const uint64_t clone_flags[] = {
	CLONE_NEWNS,   CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC,
	CLONE_NEWUSER, CLONE_NEWPID,	CLONE_NEWNET,
};

#define MOST_RULES (ARRAY_SIZE(groups) + ARRAY_SIZE(clone_flags) + 2)

/* The calls of 32 bits, which 64-bit kernels have too: otherwise they would kill. */
static const char *const architectures[] = {
#if defined(__x86_64__)
	"SCMP_ARCH_X86_64",
	"SCMP_ARCH_X86",
	"SCMP_ARCH_X32",
#elif defined(__aarch64__)
	"SCMP_ARCH_AARCH64",
	"SCMP_ARCH_ARM",
#else
	NULL,
#endif
};

static struct spec_seccomp_rule *add_rule(struct arena *arena, struct spec_seccomp *profile,
					  const char *const *names, size_t most, uint64_t error)
{
	struct spec_seccomp_rule *rule = &profile->syscalls.items[profile->syscalls.count++];

	rule->names.items = arena_array(arena, char *, most + 1);
	for (size_t i = 0; i < most && names[i]; i++)
		rule->names.items[rule->names.count++] = arena_strdup(arena, names[i]);
	rule->action = arena_strdup(arena, "SCMP_ACT_ERRNO");
	rule->errno_ret = (struct opt_uint){ .set = true, .value = error };
	return rule;
}

static void add_condition(struct arena *arena, struct spec_seccomp_rule *rule, const char *op,
			  uint64_t value, uint64_t value_two)
{
	rule->args.items = arena_new(arena, struct spec_seccomp_arg);
	rule->args.items[0] = (struct spec_seccomp_arg){ .op = arena_strdup(arena, op),
							 .value = value,
							 .value_two = value_two };
	rule->args.count = 1;
}

void default_seccomp(struct arena *arena, const struct string_list *bounding,
		     struct spec_seccomp *profile)
{
	static const char *const clone_name[] = { "clone" }, *const clone3_name[] = { "clone3" };
	static const char *const socket_name[] = { "socket" };

	*profile = (struct spec_seccomp){
		.default_action = arena_strdup(arena, "SCMP_ACT_ALLOW"),
		.architectures.items = arena_array(arena, char *, ARRAY_SIZE(architectures) + 1),
		.syscalls.items = arena_array(arena, struct spec_seccomp_rule, MOST_RULES),
	};
	for (size_t i = 0; i < ARRAY_SIZE(architectures) && architectures[i]; i++)
		profile->architectures.items[profile->architectures.count++] =
			arena_strdup(arena, architectures[i]);
	for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
		if (!groups[i].capability || !string_list_has(bounding, groups[i].capability))
			add_rule(arena, profile, groups[i].names, MOST_NAMES, EPERM);
	/* the hypervisor's sockets are no network namespace's */
	add_condition(arena, add_rule(arena, profile, socket_name, 1, EPERM), "SCMP_CMP_EQ",
		      AF_VSOCK, 0);
	if (string_list_has(bounding, "CAP_SYS_ADMIN"))
		return;
	add_rule(arena, profile, clone3_name, 1, ENOSYS);
	for (size_t i = 0; i < ARRAY_SIZE(clone_flags); i++)
		add_condition(arena, add_rule(arena, profile, clone_name, 1, EPERM),
			      "SCMP_CMP_MASKED_EQ", clone_flags[i], clone_flags[i]);
}
