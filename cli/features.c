/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The document of runtime-spec's features.md. Where another part of ctr decides what is supported,
 * it is asked with a spec that has just that, so that the answer is true to the code.
 */
#include "cli/verbs.h"

#include <ctype.h>
#include <sys/capability.h>

#include "cgroup/systemd_unit.h"
#include "fs/mount_options.h"
#include "runtime/capability.h"
#include "runtime/seccomp.h"
#include "specs/json_writer.h"
#include "specs/runtime_spec.h"

const struct command features_command = {
	.name = "features",
	.group = GROUP_OCI,
	.summary = "Print which parts of the OCI specification there are, as its JSON",
	.arguments = "",
	.failure = FAILURE_OCI,
};

struct writing {
	struct arena *arena;
	struct json_writer *writer;
};

static void write_text(const struct writing *writing, const char *key, const char *text)
{
	json_write_key(writing->writer, key);
	json_write_string(writing->writer, text);
}

static void write_bool(const struct writing *writing, const char *key, bool value)
{
	json_write_key(writing->writer, key);
	json_write_bool(writing->writer, value);
}

/* "key": { "enabled": value } */
static void write_enabled(const struct writing *writing, const char *key, bool value)
{
	json_write_key(writing->writer, key);
	json_begin_object(writing->writer);
	write_bool(writing, "enabled", value);
	json_end_object(writing->writer);
}

static void write_list(const struct writing *writing, const char *key, const char *const *words)
{
	json_write_key(writing->writer, key);
	json_begin_array(writing->writer);
	for (; *words; words++)
		json_write_string(writing->writer, *words);
	json_end_array(writing->writer);
}

/* Parts of the profiles below, which have nothing but these and the word in question. */
static char allow_action[] = "SCMP_ACT_ALLOW", log_action[] = "SCMP_ACT_LOG";
static char call_name[] = "getppid";
static char *call_names[] = { call_name, NULL };

static bool compiles(const struct writing *writing, const struct spec_seccomp *profile)
{
	struct seccomp_plan plan;
	struct error err;

	return seccomp_plan(writing->arena, profile, &plan, &err) >= 0;
}

static bool has_action(const struct writing *writing, char *name)
{
	struct spec_seccomp_rule rule = { .names = { call_names, 1 }, .action = name };
	struct spec_seccomp profile = {
		.default_action = log_action,
		.syscalls = { &rule, 1 },
	};

	return compiles(writing, &profile);
}

static bool has_operator(const struct writing *writing, char *name)
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

	return compiles(writing, &profile);
}

static bool has_architecture(const struct writing *writing, char *name)
{
	struct spec_seccomp profile = {
		.default_action = allow_action,
		.architectures = { &name, 1 },
	};

	return compiles(writing, &profile);
}

static bool has_flag(const struct writing *writing, char *name)
{
	struct spec_seccomp profile = { .default_action = allow_action, .flags = { &name, 1 } };

	return compiles(writing, &profile);
}

static void write_those(const struct writing *writing, const char *key, const char *const *words,
			bool (*has)(const struct writing *, char *))
{
	json_write_key(writing->writer, key);
	json_begin_array(writing->writer);
	for (; *words; words++)
		if (has(writing, arena_strdup(writing->arena, *words)))
			json_write_string(writing->writer, *words);
	json_end_array(writing->writer);
}

static void write_seccomp(const struct writing *writing)
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

	json_write_key(writing->writer, "seccomp");
	json_begin_object(writing->writer);
	write_bool(writing, "enabled", true);
	write_those(writing, "actions", actions, has_action);
	write_those(writing, "operators", operators, has_operator);
	write_those(writing, "archs", architectures, has_architecture);
	write_list(writing, "knownFlags", flags);
	write_those(writing, "supportedFlags", flags, has_flag);
	json_end_object(writing->writer);
}

/* Whether a spec is accepted that has this member besides what the template has. */
static bool accepts(const struct writing *writing, const struct spec_linux *member)
{
	struct spec spec = { 0 };
	struct error err;

	spec_template(writing->arena, false, 0, 0, &spec);
	spec.linux->intel_rdt = member->intel_rdt;
	spec.linux->memory_policy = member->memory_policy;
	spec.linux->net_devices = member->net_devices;
	return spec_validate("features", &spec, &err) >= 0;
}

static void write_optional_parts(const struct writing *writing)
{
	static char name[] = "name";
	struct spec_net_device device = { .host_name = name };
	struct spec_intel_rdt rdt = { .clos_id = name };
	struct spec_linux with_rdt = { .intel_rdt = &rdt };
	struct spec_linux with_device = { .net_devices = { &device, 1 } };

	write_enabled(writing, "apparmor", true);
	write_enabled(writing, "selinux", true);
	write_enabled(writing, "intelRdt", accepts(writing, &with_rdt));
	write_enabled(writing, "netDevices", accepts(writing, &with_device));
	json_write_key(writing->writer, "mountExtensions");
	json_begin_object(writing->writer);
	write_enabled(writing, "idmap", true);
	json_end_object(writing->writer);
}

static void write_namespaces(const struct writing *writing)
{
	json_write_key(writing->writer, "namespaces");
	json_begin_array(writing->writer);
	for (enum namespace_type type = 0; type < NAMESPACE_COUNT; type++)
		json_write_string(writing->writer, namespace_name(type));
	json_end_array(writing->writer);
}

static void write_capabilities(const struct writing *writing)
{
	json_write_key(writing->writer, "capabilities");
	json_begin_array(writing->writer);
	for (unsigned number = 0; number <= capability_last(); number++) {
		char *name = cap_to_name((cap_value_t)number);

		for (char *letter = name; letter && *letter; letter++)
			*letter = (char)toupper((unsigned char)*letter);
		/* One that libcap is too old for has a number as its name. */
		if (name && isalpha((unsigned char)*name))
			json_write_string(writing->writer, name);
		cap_free(name);
	}
	json_end_array(writing->writer);
}

static void write_cgroup(const struct writing *writing)
{
	struct error ignored;

	json_write_key(writing->writer, "cgroup");
	json_begin_object(writing->writer);
	write_bool(writing, "v1", false);
	write_bool(writing, "v2", true);
	write_bool(writing, "systemd", systemd_unit_available(&ignored) == 0);
	write_bool(writing, "systemdUser", systemd_unit_available(&ignored) == 0);
	write_bool(writing, "rdma", true);
	json_end_object(writing->writer);
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
	struct writing writing = {
		.arena = invocation->arena,
		.writer = json_writer_new(invocation->arena, JSON_INDENTED),
	};

	(void)err;
	json_begin_object(writing.writer);
	write_text(&writing, "ociVersionMin", "1.0.0");
	write_text(&writing, "ociVersionMax", "1.3.0");
	write_list(&writing, "hooks", hooks);
	write_list(&writing, "mountOptions", mount_option_names());
	json_write_key(writing.writer, "linux");
	json_begin_object(writing.writer);
	write_namespaces(&writing);
	write_capabilities(&writing);
	write_cgroup(&writing);
	write_seccomp(&writing);
	write_optional_parts(&writing);
	json_end_object(writing.writer);
	json_end_object(writing.writer);
	fputs(json_writer_text(writing.writer, NULL), stdout);
	return 0;
}
