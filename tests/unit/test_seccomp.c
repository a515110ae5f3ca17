/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Filters are run here by a small interpreter of classic BPF, and the two compilers (seccomp_tree,
 * seccomp_library) are asked the same questions.
 */
#include "runtime/seccomp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/macro.h"
#include "runtime/default_seccomp.h"
#include "runtime/seccomp_library.h"
#include "runtime/seccomp_tree.h"
#include "specs/json.h"
#include "specs/json_writer.h"
#include "specs/runtime_spec.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;

/* What the kernel does with a filter (Documentation/networking/filter.rst). */
static uint32_t run(const struct sock_fprog *program, const struct seccomp_data *data)
{
	uint32_t a = 0, x = 0, memory[BPF_MEMWORDS] = { 0 };

	for (size_t i = 0; i < program->len; i++) {
		const struct sock_filter *insn = &program->filter[i];
		bool is_true;

		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			CHECK(insn->k % 4 == 0 && insn->k < sizeof(*data));
			memcpy(&a, (const char *)data + insn->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= insn->k;
			continue;
		case BPF_ST:
			memory[insn->k] = a;
			continue;
		case BPF_LD | BPF_MEM:
			a = memory[insn->k];
			continue;
		case BPF_MISC | BPF_TAX:
			x = a;
			continue;
		case BPF_MISC | BPF_TXA:
			a = x;
			continue;
		case BPF_JMP | BPF_JA:
			i += insn->k;
			continue;
		case BPF_RET | BPF_K:
			return insn->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			is_true = a == insn->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			is_true = a > insn->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			is_true = a >= insn->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			is_true = a & insn->k;
			break;
		default:
			unit_fail(__FILE__, __LINE__, "instruction %zu: code %#x", i, insn->code);
		}
		i += is_true ? insn->jt : insn->jf;
	}
	unit_fail(__FILE__, __LINE__, "the program runs over its end");
}

static struct spec_seccomp *decode(const char *json)
{
	struct spec spec;
	const char *text =
		arena_printf(&arena, "{\"ociVersion\":\"1.3.0\",\"linux\":{\"seccomp\":%s}}", json);

	if (spec_decode(&arena, "spec.json", text, strlen(text), &spec, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return spec.linux->seccomp;
}

static struct seccomp_plan plan(const char *json)
{
	struct seccomp_plan result;

	if (seccomp_plan(&arena, decode(json), &result, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	return result;
}

static const char *plan_error(const char *json)
{
	struct seccomp_plan result;

	CHECK_INT(seccomp_plan(&arena, decode(json), &result, &err), -1);
	return err.text;
}

/* The verdict on a call of x86_64. */
static uint32_t verdict(const struct seccomp_plan *result, const char *name, uint64_t first,
			uint64_t second)
{
	const struct seccomp_data data = {
		.nr = seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, name),
		.arch = AUDIT_ARCH_X86_64,
		.args = { first, second },
	};

	return run(&result->program, &data);
}

#define ON_X86_64                                                                                  \
	do {                                                                                       \
		if (seccomp_arch_native() != SCMP_ARCH_X86_64)                                     \
			unit_skip("the expected values are those of x86_64");                      \
	} while (0)

TEST(seccomp_without_a_profile_is_nothing)
{
	struct seccomp_plan result;

	CHECK_INT(seccomp_plan(&arena, NULL, &result, &err), 0);
	CHECK(!result.program.filter);
	CHECK_INT(seccomp_apply(&result, &err), 0);
}

TEST(seccomp_of_a_small_profile_is_the_golden_one)
{
	struct seccomp_plan result;

	ON_X86_64;
	result = plan(
		"{\"defaultAction\":\"SCMP_ACT_ERRNO\",\"architectures\":[\"SCMP_ARCH_X86_64\"],"
		"\"syscalls\":[{\"names\":[\"read\",\"write\",\"exit_group\"],"
		"\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[\"personality\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		"{\"index\":0,\"value\":8,\"op\":\"SCMP_CMP_EQ\"}]}]}");
	CHECK_GOLDEN(seccomp_plan_print(&arena, &result), "seccomp_small.txt");
	CHECK_INT(result.flags, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	CHECK(!result.listener);
}

TEST(seccomp_every_action_is_what_its_name_says)
{
	struct seccomp_plan result;

	ON_X86_64;
	result = plan(
		"{\"defaultAction\":\"SCMP_ACT_LOG\",\"syscalls\":["
		"{\"names\":[\"read\"],\"action\":\"SCMP_ACT_KILL\"},"
		"{\"names\":[\"write\"],\"action\":\"SCMP_ACT_KILL_PROCESS\"},"
		"{\"names\":[\"open\"],\"action\":\"SCMP_ACT_KILL_THREAD\"},"
		"{\"names\":[\"close\"],\"action\":\"SCMP_ACT_TRAP\"},"
		"{\"names\":[\"stat\"],\"action\":\"SCMP_ACT_ERRNO\"},"
		"{\"names\":[\"fstat\"],\"action\":\"SCMP_ACT_ERRNO\",\"errnoRet\":2},"
		"{\"names\":[\"lstat\"],\"action\":\"SCMP_ACT_TRACE\"},"
		"{\"names\":[\"poll\"],\"action\":\"SCMP_ACT_TRACE\",\"errnoRet\":9},"
		"{\"names\":[\"lseek\"],\"action\":\"SCMP_ACT_ALLOW\"},"
		"{\"names\":[\"mmap\"],\"action\":\"SCMP_ACT_NOTIFY\"},"
		"{\"names\":[\"no_such_call\"],\"action\":\"SCMP_ACT_KILL\"}],"
		"\"flags\":[\"SECCOMP_FILTER_FLAG_TSYNC\",\"SECCOMP_FILTER_FLAG_LOG\","
		"\"SECCOMP_FILTER_FLAG_SPEC_ALLOW\",\"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV\"],"
		"\"listenerPath\":\"/run/x\",\"listenerMetadata\":\"y\"}");
	CHECK_INT(verdict(&result, "read", 0, 0), SECCOMP_RET_KILL_THREAD);
	CHECK_INT(verdict(&result, "write", 0, 0), SECCOMP_RET_KILL_PROCESS);
	CHECK_INT(verdict(&result, "open", 0, 0), SECCOMP_RET_KILL_THREAD);
	CHECK_INT(verdict(&result, "close", 0, 0), SECCOMP_RET_TRAP);
	CHECK_INT(verdict(&result, "stat", 0, 0), SECCOMP_RET_ERRNO | EPERM);
	CHECK_INT(verdict(&result, "fstat", 0, 0), SECCOMP_RET_ERRNO | ENOENT);
	CHECK_INT(verdict(&result, "lstat", 0, 0), SECCOMP_RET_TRACE | EPERM);
	CHECK_INT(verdict(&result, "poll", 0, 0), SECCOMP_RET_TRACE | 9);
	CHECK_INT(verdict(&result, "lseek", 0, 0), SECCOMP_RET_ALLOW);
	CHECK_INT(verdict(&result, "mmap", 0, 0), SECCOMP_RET_USER_NOTIF);
	CHECK_INT(verdict(&result, "munmap", 0, 0), SECCOMP_RET_LOG);
	CHECK(result.listener);
	CHECK_STRING(result.listener_path, "/run/x");
	CHECK_INT(result.flags, SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | 1 << 5 |
					SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

TEST(seccomp_without_flags_allows_speculation_and_with_none_of_them_not)
{
	struct seccomp_plan result = plan("{\"defaultAction\":\"SCMP_ACT_ALLOW\","
					  "\"syscalls\":[{\"names\":[\"read\"],"
					  "\"action\":\"SCMP_ACT_ERRNO\"}]}");

	CHECK_INT(result.flags, SECCOMP_FILTER_FLAG_SPEC_ALLOW);
	result = plan("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"flags\":[],"
		      "\"syscalls\":[{\"names\":[\"read\"],\"action\":\"SCMP_ACT_ERRNO\"}]}");
	CHECK_INT(result.flags, 0);
}

TEST(seccomp_every_comparison_is_of_all_64_bits)
{
	static const struct {
		const char *op;
		uint64_t value, two;
	} cases[] = { { "SCMP_CMP_EQ", 5, 0 },
		      { "SCMP_CMP_EQ", 0x500000005, 0 },
		      { "SCMP_CMP_NE", 0x500000005, 0 },
		      { "SCMP_CMP_LT", 0x500000005, 0 },
		      { "SCMP_CMP_LE", 0x500000005, 0 },
		      { "SCMP_CMP_GT", 0x500000005, 0 },
		      { "SCMP_CMP_GE", 0x500000005, 0 },
		      { "SCMP_CMP_MASKED_EQ", 0xf0000000f, 0x500000005 },
		      { "SCMP_CMP_MASKED_EQ", 0xf, 5 },
		      { "SCMP_CMP_MASKED_EQ", 0xf00000000, 0x500000000 } };
	static const uint64_t values[] = { 0,		4,	     5,		  6,
					   0x400000005, 0x500000004, 0x500000005, 0x500000006,
					   0x600000004, 0x600000005, UINT64_MAX };

	ON_X86_64;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct seccomp_plan result = plan(arena_printf(
			&arena,
			"{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"read\"],"
			"\"action\":\"SCMP_ACT_TRAP\",\"args\":[{\"index\":1,\"value\":%llu,"
			"\"valueTwo\":%llu,\"op\":\"%s\"}]}]}",
			(unsigned long long)cases[i].value, (unsigned long long)cases[i].two,
			cases[i].op));

		for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
			uint64_t is = values[j], wish = cases[i].value;
			const char *op = cases[i].op + strlen("SCMP_CMP_");
			bool expected = strcmp(op, "EQ") == 0	? is == wish
					: strcmp(op, "NE") == 0 ? is != wish
					: strcmp(op, "LT") == 0 ? is < wish
					: strcmp(op, "LE") == 0 ? is <= wish
					: strcmp(op, "GT") == 0 ? is > wish
					: strcmp(op, "GE") == 0 ? is >= wish
								: (is & wish) == cases[i].two;

			CHECK_INT(verdict(&result, "read", 0, is),
				  expected ? SECCOMP_RET_TRAP : SECCOMP_RET_ALLOW);
		}
	}
}

TEST(seccomp_several_comparisons_of_one_argument_are_alternatives)
{
	struct seccomp_plan result;

	ON_X86_64;
	result = plan("{\"defaultAction\":\"SCMP_ACT_KILL\",\"syscalls\":[{\"names\":[\"socket\"],"
		      "\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		      "{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
		      "{\"index\":0,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]},"
		      "{\"names\":[\"connect\"],\"action\":\"SCMP_ACT_ALLOW\",\"args\":["
		      "{\"index\":0,\"value\":1,\"op\":\"SCMP_CMP_EQ\"},"
		      "{\"index\":1,\"value\":2,\"op\":\"SCMP_CMP_EQ\"}]}]}");
	CHECK_INT(verdict(&result, "socket", 1, 0), SECCOMP_RET_ALLOW);
	CHECK_INT(verdict(&result, "socket", 2, 0), SECCOMP_RET_ALLOW);
	CHECK_INT(verdict(&result, "socket", 3, 0), SECCOMP_RET_KILL_THREAD);
	CHECK_INT(verdict(&result, "connect", 1, 2), SECCOMP_RET_ALLOW);
	CHECK_INT(verdict(&result, "connect", 1, 1), SECCOMP_RET_KILL_THREAD);
}

TEST(seccomp_calls_newer_than_the_profile_get_enosys)
{
	struct seccomp_data data = { .nr = 450, .arch = AUDIT_ARCH_X86_64 };
	struct seccomp_plan result;
	static const char *const json =
		"{\"defaultAction\":\"%s\",\"architectures\":[\"SCMP_ARCH_X86_64\",\"SCMP_ARCH_"
		"X86\"],"
		"\"syscalls\":[{\"names\":[\"read\",\"clone3\"],\"action\":\"SCMP_ACT_TRAP\"}]}";

	ON_X86_64;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	result = plan(arena_printf(&arena, json, "SCMP_ACT_ERRNO"));
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_ERRNO | ENOSYS);
	data.nr = 435; /* clone3 itself */
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_TRAP);
	data.nr = 434;
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_ERRNO | EPERM);
	data = (struct seccomp_data){ .nr = 450, .arch = AUDIT_ARCH_I386 };
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_ERRNO | ENOSYS);
	result = plan(arena_printf(&arena, json, "SCMP_ACT_ALLOW"));
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_ALLOW);
#pragma GCC diagnostic pop
}

TEST(seccomp_architectures_not_named_are_killed)
{
	struct seccomp_data data = { .nr = 3, .arch = AUDIT_ARCH_I386 };
	struct seccomp_plan result;

	ON_X86_64;
	result = plan("{\"defaultAction\":\"SCMP_ACT_ALLOW\"}");
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_KILL_THREAD);
	data = (struct seccomp_data){ .nr = 0x40000000 + 1, .arch = AUDIT_ARCH_X86_64 };
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_KILL_THREAD);
	data.nr = -1; /* skipped by a tracer */
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_ALLOW);
	result = plan("{\"defaultAction\":\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_X86\","
		      "\"SCMP_ARCH_X32\",\"SCMP_ARCH_X86\"]}");
	data.nr = 0x40000000 + 1;
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_ALLOW);
	data = (struct seccomp_data){ .nr = 3, .arch = AUDIT_ARCH_I386 };
	CHECK_INT(run(&result.program, &data), SECCOMP_RET_ALLOW);
}

TEST(seccomp_what_makes_no_sense_is_refused_with_its_place)
{
#define REFUSED(json, text) CHECK_STRING(plan_error("{\"defaultAction\":" json "}"), text)
	REFUSED("\"SCMP_ACT_NOTIFY\"",
		"linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is for single calls only");
	REFUSED("\"SCMP_ACT_ALLOW\",\"defaultErrnoRet\":1",
		"linux.seccomp.defaultAction: SCMP_ACT_ALLOW takes no errno");
	REFUSED("\"SCMP_ACT_ERRNO\",\"defaultErrnoRet\":5000",
		"linux.seccomp.defaultAction: errno 5000 is too large");
	REFUSED("\"SCMP_ACT_ALLOW\",\"architectures\":[\"SCMP_ARCH_PDP11\"]",
		"linux.seccomp.architectures[0]: unknown architecture 'SCMP_ARCH_PDP11'");
	REFUSED("\"SCMP_ACT_ALLOW\",\"flags\":[\"X\"]", "linux.seccomp.flags[0]: unknown flag 'X'");
	REFUSED("\"SCMP_ACT_ALLOW\",\"syscalls\":[{\"names\":[\"sendmsg\"],"
		"\"action\":\"SCMP_ACT_NOTIFY\"}]",
		"linux.seccomp.syscalls[0]: SCMP_ACT_NOTIFY cannot be used for the sendmsg "
		"syscall");
}

/* Asks both programs of all numbers, with arguments around those that comparisons use. */
static void check_equal(const struct sock_fprog *one, const struct sock_fprog *other)
{
	static const struct {
		uint32_t arch, first, last;
	} spans[] = {
		{ AUDIT_ARCH_X86_64, 0, 500 },
		{ AUDIT_ARCH_X86_64, 0x3ffffff0, 0x40000250 },
		{ AUDIT_ARCH_X86_64, 0x7ffffff0, 0x80000004 },
		{ AUDIT_ARCH_X86_64, 0xbfffffff, 0xc0000240 },
		{ AUDIT_ARCH_X86_64, 0xfffffff0, 0xffffffff },
		{ AUDIT_ARCH_I386, 0, 500 },
		{ AUDIT_ARCH_I386, 0x40000000, 0x40000004 },
		{ AUDIT_ARCH_I386, 0xfffffff0, 0xffffffff },
		{ AUDIT_ARCH_AARCH64, 0, 500 },
		{ AUDIT_ARCH_AARCH64, 0xfffffffe, 0xffffffff },
		{ AUDIT_ARCH_RISCV64, 0, 500 },
		{ AUDIT_ARCH_ARM, 0, 500 },
		{ AUDIT_ARCH_ARM, 0xf0000, 0xf0008 },
		{ AUDIT_ARCH_PPC64, 0, 4 },
	};
	static const uint64_t values[] = {
		0,	     1,		  2,	       3,
		4,	     5,		  8,	       16,
		0x7fffffff,  0x80000000,  0xfffffffe,  0xffffffff,
		0x100000000, 0x100000001, 0x100000002, 0xffffffff00000000,
		UINT64_MAX,
	};

	for (size_t i = 0; i < ARRAY_SIZE(spans); i++)
		for (uint64_t nr = spans[i].first; nr <= spans[i].last; nr++)
			for (size_t j = 0; j < ARRAY_SIZE(values); j++) {
				struct seccomp_data data = { .nr = (int)nr, .arch = spans[i].arch };

				for (size_t k = 0; k < 6; k++)
					data.args[k] = k < 2 ? values[j]
							     : values[(size_t)random() %
								      ARRAY_SIZE(values)];
				if (run(one, &data) == run(other, &data))
					continue;
				unit_fail(__FILE__, __LINE__,
					  "arch %#x number %#llx args[0] %#llx: %#x and %#x",
					  data.arch, (unsigned long long)nr,
					  (unsigned long long)data.args[0], run(one, &data),
					  run(other, &data));
			}
}

static const char *const names[] = {
	"read",
	"write",
	"open",
	"close",
	"stat",
	"mmap",
	"ioctl",
	"clone",
	"clone3",
	"socket",
	"connect",
	"accept",
	"accept4",
	"sendto",
	"recvfrom",
	"sendmsg",
	"recvmsg",
	"shutdown",
	"bind",
	"listen",
	"getsockname",
	"send",
	"recv",
	"socketpair",
	"setsockopt",
	"getsockopt",
	"getpeername",
	"recvmmsg",
	"sendmmsg",
	"semop",
	"semget",
	"semctl",
	"semtimedop",
	"msgsnd",
	"msgrcv",
	"msgget",
	"msgctl",
	"shmat",
	"shmdt",
	"shmget",
	"shmctl",
	"personality",
	"chown",
	"chown32",
	"_llseek",
	"breakpoint",
	"set_tls",
	"cacheflush",
	"arm_fadvise64_64",
	"nonsense",
	"keyctl",
	"ptrace",
	"rt_sigaction",
	"execve",
	"futex_time64",
	"openat2",
	"socketcall",
	"ipc",
};

/*
 * A random profile. A name has one action and at most one rule with conditions: libseccomp 2.5
 * mixes up the halves of 64-bit values when several orders on one call meet in its tree.
 */
static void random_profile(struct spec_seccomp *spec)
{
	static const char *const actions[] = { "SCMP_ACT_ALLOW",	"SCMP_ACT_ERRNO",
					       "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_LOG",
					       "SCMP_ACT_TRACE",	"SCMP_ACT_NOTIFY" };
	static const char *const architectures[] = { "SCMP_ARCH_X86_64", "SCMP_ARCH_X86",
						     "SCMP_ARCH_X32",	 "SCMP_ARCH_AARCH64",
						     "SCMP_ARCH_ARM",	 "SCMP_ARCH_RISCV64" };
	static const char *const ops[] = { "SCMP_CMP_NE",	"SCMP_CMP_LT", "SCMP_CMP_LE",
					   "SCMP_CMP_EQ",	"SCMP_CMP_GE", "SCMP_CMP_GT",
					   "SCMP_CMP_MASKED_EQ" };
	static const uint64_t values[] = {
		0,	    1,		2,	     4,		  0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, 0x100000001, 0xffffffff00000000,
		UINT64_MAX
	};
	size_t count = ARRAY_SIZE(names);

	*spec = (struct spec_seccomp){ .default_action =
					       arena_strdup(&arena, actions[random() % 4]) };
	spec->architectures.items = arena_array(&arena, char *, ARRAY_SIZE(architectures));
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++)
		if (random() % 2)
			spec->architectures.items[spec->architectures.count++] =
				arena_strdup(&arena, architectures[i]);
	spec->syscalls.items = arena_alloc_array(&arena, 2 * count, sizeof(*spec->syscalls.items));
	for (size_t i = 0; i < 2 * count; i++) {
		struct spec_seccomp_rule *rule = &spec->syscalls.items[spec->syscalls.count];
		size_t name = i % count;
		bool alternatives = random() % 4 == 0;

		/* the last one always, so that all calls with several numbers are below it */
		if (random() % 2 && name != 8)
			continue;
		spec->syscalls.count++;
		rule->names.items = arena_array(&arena, char *, 1);
		rule->names.items[rule->names.count++] = arena_strdup(&arena, names[name]);
		/* of calls that may be SCMP_ACT_NOTIFY: no sendmsg, no write */
		rule->action = arena_strdup(&arena, actions[name % ARRAY_SIZE(actions)]);
		if (strcmp(rule->action, "SCMP_ACT_ERRNO") == 0)
			rule->errno_ret = (struct opt_uint){ true, name };
		if (i < count || random() % 2)
			continue;
		rule->args.count = 1 + (size_t)random() % 3;
		rule->args.items = arena_alloc_array(&arena, 3, sizeof(*rule->args.items));
		for (size_t j = 0; j < rule->args.count; j++) {
			rule->args.items[j].index = alternatives ? 0 : (uint32_t)j;
			rule->args.items[j].op = arena_strdup(
				&arena, alternatives ? "SCMP_CMP_EQ" : ops[random() % 7]);
			rule->args.items[j].value = values[random() % ARRAY_SIZE(values)];
			rule->args.items[j].value_two = values[random() % ARRAY_SIZE(values)];
		}
	}
}

TEST(seccomp_both_compilers_agree_on_random_profiles)
{
	unit_need_syscall(SYS_seccomp, "seccomp"); /* libseccomp asks it what it can */
	srandom(1);
	ON_X86_64;
	for (int round = 0; round < 40; round++) {
		struct spec_seccomp spec;
		struct seccomp_profile profile;
		struct sock_fprog tree, library;

		random_profile(&spec);
		CHECK_INT(seccomp_profile_read(&arena, &spec, &profile, &err), 0);
		CHECK(seccomp_tree_can(&profile));
		if (seccomp_library_compile(&arena, &profile, &library, &err) < 0 ||
		    seccomp_tree_compile(&arena, &profile, &tree, &err) < 0)
			unit_fail(__FILE__, __LINE__, "round %d: %s", round, err.text);
		check_equal(&tree, &library);
		arena_free(&arena);
	}
}

/*
 * An engine's profile: {"defaultAction", "archMap": [{"architecture", "subArchitectures"}],
 * "syscalls": [{"names", "action", "args", "includes": {"caps", "arches"}}]}. Rules for some
 * capabilities or architectures only are left out.
 */
static void engine_profile(const char *path, struct spec_seccomp *spec)
{
	const struct json *rule, *includes;
	struct json_writer *writer = json_writer_new(&arena, JSON_COMPACT);
	struct json *root;
	char *text;
	size_t size;

	if (file_read_at(AT_FDCWD, path, 1 << 20, &arena, &text, &size, &err) < 0 ||
	    json_parse(&arena, path, text, size, &root, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	json_begin_object(writer);
	json_write_key(writer, "defaultAction");
	json_write_node(writer, json_member(root, "defaultAction"));
	json_write_key(writer, "architectures");
	json_begin_array(writer);
	json_write_string(writer, "SCMP_ARCH_X86_64");
	json_write_string(writer, "SCMP_ARCH_X86");
	json_write_string(writer, "SCMP_ARCH_X32");
	json_write_string(writer, "SCMP_ARCH_AARCH64");
	json_write_string(writer, "SCMP_ARCH_ARM");
	json_end_array(writer);
	json_write_key(writer, "syscalls");
	json_begin_array(writer);
	for (rule = json_member(root, "syscalls")->first; rule; rule = rule->next) {
		includes = json_member(rule, "includes");
		if (!includes || !includes->count)
			json_write_node(writer, rule);
	}
	json_end_array(writer);
	json_end_object(writer);
	*spec = *decode(json_writer_text(writer, &size));
}

static void check_both(const struct spec_seccomp *spec)
{
	struct seccomp_profile profile;
	struct sock_fprog tree, library;

	if (seccomp_profile_read(&arena, spec, &profile, &err) < 0 ||
	    seccomp_library_compile(&arena, &profile, &library, &err) < 0 ||
	    seccomp_tree_compile(&arena, &profile, &tree, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
	check_equal(&tree, &library);
	CHECK(tree.len < library.len);
}

/* $CTR_SECCOMP_PROFILE: one more of them. */
TEST(seccomp_both_compilers_agree_on_the_profiles_of_engines)
{
	const char *paths[] = { "/usr/share/containers/seccomp.json",
				getenv("CTR_SECCOMP_PROFILE") };
	const struct string_list none = { .count = 0 };
	struct spec_seccomp spec;

	unit_need_syscall(SYS_seccomp, "seccomp");
	ON_X86_64;
	default_seccomp(&arena, &none, &spec);
	check_both(&spec);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (!paths[i] || access(paths[i], R_OK) < 0)
			continue;
		engine_profile(paths[i], &spec);
		check_both(&spec);
	}
	arena_free(&arena);
}
