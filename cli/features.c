/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document of runtime-spec's features.md. Where another part of ctr decides what is supported,
 * it is asked with a spec that has just that, so that the answer is true to the code.
 */
#include "specs/features.h"

#include <ctype.h>
#include <stdint.h>
#include <sys/capability.h>

#include "base/macro.h"
#include "cgroup/systemd_unit.h"
#include "cli/verbs.h"
#include "fs/mount_options.h"
#include "runtime/capability.h"
#include "runtime/memory_policy.h"
#include "runtime/seccomp.h"
#include "specs/runtime_spec.h"

const struct command features_command = {
	.name = "features",
	.group = GROUP_OCI,
	.summary = HELP("Print which parts of the OCI specification there are, as its JSON"),
	.arguments = "",
	.failure = FAILURE_OCI,
};

/* A list of those words that has() says yes to (NULL: of all). */
static struct string_list list_words(struct arena *arena, const char *const *words,
				     bool (*has)(struct arena *, char *))
{
	struct string_list list = { 0 };
	size_t count = 0;

	while (words[count])
		count++;
	list.items = arena_array(arena, char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		char *word = arena_strdup(arena, words[i]);

		if (!has || has(arena, word))
			list.items[list.count++] = word;
	}
	return list;
}

/* Parts of the profiles below, which have nothing but these and the word in question. */
static char allow_action[] = "SCMP_ACT_ALLOW", log_action[] = "SCMP_ACT_LOG";
static char call_name[] = "getppid";
static char *call_names[] = { call_name, NULL };

static bool compiles(struct arena *arena, const struct spec_seccomp *profile)
{
	struct seccomp_plan plan;
	struct error err;

	return seccomp_plan(arena, profile, &plan, &err) >= 0;
}

static bool has_action(struct arena *arena, char *name)
{
	struct spec_seccomp_rule rule = { .names = { call_names, 1 }, .action = name };
	struct spec_seccomp profile = {
		.default_action = log_action,
		.syscalls = { &rule, 1 },
	};

	return compiles(arena, &profile);
}

static bool has_operator(struct arena *arena, char *name)
{
	struct spec_seccomp_arg argument = { .value = 1, .op = name };
	struct spec_seccomp_rule rule = {
		.names = { call_names, 1 },
		.action = log_action,
		.args = { &argument, 1 },
	};
	struct spec_seccomp profile = {
		.default_action = allow_action,
		.syscalls = { &rule, 1 },
	};

	return compiles(arena, &profile);
}

static bool has_architecture(struct arena *arena, char *name)
{
	struct spec_seccomp profile = {
		.default_action = allow_action,
		.architectures = { &name, 1 },
	};

	return compiles(arena, &profile);
}

static bool has_flag(struct arena *arena, char *name)
{
	struct spec_seccomp profile = { .default_action = allow_action, .flags = { &name, 1 } };

	return compiles(arena, &profile);
}

static struct features_seccomp list_seccomp(struct arena *arena)
{
	static const char *const actions[] = {
		"SCMP_ACT_ALLOW",  "SCMP_ACT_ERRNO",
		"SCMP_ACT_KILL",   "SCMP_ACT_KILL_PROCESS",
		"SCMP_ACT_LOG",	   "SCMP_ACT_TRACE",
		"SCMP_ACT_TRAP",   "SCMP_ACT_KILL_THREAD",
		"SCMP_ACT_NOTIFY", NULL,
	};
	static const char *const operators[] = {
		"SCMP_CMP_EQ", "SCMP_CMP_GE",	     "SCMP_CMP_GT", "SCMP_CMP_LE",
		"SCMP_CMP_LT", "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE", NULL,
	};
	static const char *const architectures[] = {
		"SCMP_ARCH_AARCH64",	 "SCMP_ARCH_ARM",    "SCMP_ARCH_LOONGARCH64",
		"SCMP_ARCH_M68K",	 "SCMP_ARCH_MIPS",   "SCMP_ARCH_MIPS64",
		"SCMP_ARCH_MIPS64N32",	 "SCMP_ARCH_MIPSEL", "SCMP_ARCH_MIPSEL64",
		"SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",
		"SCMP_ARCH_PPC",	 "SCMP_ARCH_PPC64",  "SCMP_ARCH_PPC64LE",
		"SCMP_ARCH_RISCV64",	 "SCMP_ARCH_S390",   "SCMP_ARCH_S390X",
		"SCMP_ARCH_SH",		 "SCMP_ARCH_SHEB",   "SCMP_ARCH_X32",
		"SCMP_ARCH_X86",	 "SCMP_ARCH_X86_64", NULL,
	};
	static const char *const flags[] = {
		"SECCOMP_FILTER_FLAG_LOG",
		"SECCOMP_FILTER_FLAG_SPEC_ALLOW",
		"SECCOMP_FILTER_FLAG_TSYNC",
		"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV",
		NULL,
	};

	return (struct features_seccomp){
		.enabled = true,
		.actions = list_words(arena, actions, has_action),
		.operators = list_words(arena, operators, has_operator),
		.archs = list_words(arena, architectures, has_architecture),
		.known_flags = list_words(arena, flags, NULL),
		.supported_flags = list_words(arena, flags, has_flag),
	};
}

static struct string_list list_namespaces(struct arena *arena)
{
	const char *names[NAMESPACE_COUNT + 1] = { 0 };

	for (int type = 0; type < NAMESPACE_COUNT; type++)
		names[type] = namespace_name((enum namespace_type)type);
	return list_words(arena, names, NULL);
}

static struct string_list list_capabilities(struct arena *arena)
{
	struct string_list list = { .items = arena_array(arena, char *, capability_last() + 2) };

	for (unsigned number = 0; number <= capability_last(); number++) {
		char *name = cap_to_name((cap_value_t)number);

		for (char *letter = name; letter && *letter; letter++)
			*letter = (char)toupper((unsigned char)*letter);
		/* One that libcap is too old for has a number as its name. */
		if (name && isalpha((unsigned char)*name))
			list.items[list.count++] = arena_strdup(arena, name);
		cap_free(name);
	}
	return list;
}

/* What engines look at that the specification has no member for. */
static struct string_map list_annotations(struct arena *arena)
{
	static const char *const texts[][2] = {
		{ "org.opencontainers.runc.checkpoint.enabled", "true" },
	};
	struct string_map map = { .items = arena_array(arena, struct string_pair, 1) };

	for (; map.count < ARRAY_SIZE(texts); map.count++)
		map.items[map.count] = (struct string_pair){
			.key = arena_strdup(arena, texts[map.count][0]),
			.value = arena_strdup(arena, texts[map.count][1]),
		};
	return map;
}

static struct features_linux list_linux(struct arena *arena)
{
	struct error ignored;
	bool systemd = systemd_unit_available(&ignored) == 0;

	return (struct features_linux){
		.namespaces = list_namespaces(arena),
		.capabilities = list_capabilities(arena),
		.cgroup = { .v2 = true, .systemd = systemd, .systemd_user = systemd, .rdma = true },
		.seccomp = list_seccomp(arena),
		.apparmor = { true },
		.selinux = { true },
		.intel_rdt = { .enabled = true, .schemata = true, .monitoring = true },
		.memory_policy = {
			.modes = list_words(arena, memory_policy_modes(), NULL),
			.flags = list_words(arena, memory_policy_flags(), NULL),
		},
		.mount_extensions = { .idmap = { true } },
		.net_devices = { true },
	};
}

int cmd_features(struct invocation *invocation, struct error *err)
{
	static const char *const hooks[] = { "prestart",
					     "createRuntime",
					     "createContainer",
					     "startContainer",
					     "poststart",
					     "poststop",
					     NULL };
	/* they make ctr do something that the rest of the spec does not say */
	static const char *const annotations[] = { "run.oci.", "org.systemd.property.",
						   "org.criu.config", NULL };
	struct arena *arena = invocation->arena;
	const struct features features = {
		.version_min = arena_strdup(arena, "1.0.0"),
		.version_max = arena_strdup(arena, "1.3.0"),
		.hooks = list_words(arena, hooks, NULL),
		.mount_options = list_words(arena, mount_option_names(), NULL),
		.linux_features = list_linux(arena),
		.annotations = list_annotations(arena),
		.potentially_unsafe = list_words(arena, annotations, NULL),
	};

	(void)err;
	fputs(features_encode(arena, &features), stdout);
	return 0;
}
