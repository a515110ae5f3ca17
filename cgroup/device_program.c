/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compiled program walks the rules from the last to the first, with r3 holding the letters of
 * the request that no rule has decided yet:
 *
 *	a deny rule that matches the device and has one of them ends it: denied;
 *	an allow rule that matches takes its letters away; none left: allowed.
 *
 * That is "the last matching rule wins" for each letter, without a table of letters.
 */
#include "cgroup/device_program.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"

#define MAX_RULES 4096 /* jumps are 16 bits wide, and a rule is at most 5 instructions */

#define ANY (-1)
#define ALL_ACCESS (BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE)

struct rule {
	bool allow;
	int type; /* BPF_DEVCG_DEV_*, or ANY */
	int32_t major, minor;
	int32_t access; /* BPF_DEVCG_ACC_* */
};

/* Those of runc: what every container may do (config-linux.md, "Default Devices"). */
static const struct rule defaults[] = {
	{ true, ANY, ANY, ANY, BPF_DEVCG_ACC_MKNOD },	/* making a node is not using the device */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 3, ALL_ACCESS }, /* null */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 8, ALL_ACCESS }, /* random */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 7, ALL_ACCESS }, /* full */
	{ true, BPF_DEVCG_DEV_CHAR, 5, 0, ALL_ACCESS }, /* tty */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 5, ALL_ACCESS }, /* zero */
	{ true, BPF_DEVCG_DEV_CHAR, 1, 9, ALL_ACCESS }, /* urandom */
	{ true, BPF_DEVCG_DEV_CHAR, 136, ANY, ALL_ACCESS }, /* pts/N */
	{ true, BPF_DEVCG_DEV_CHAR, 5, 2, ALL_ACCESS },	    /* ptmx */
};

static int read_type(const char *text, int *type)
{
	if (!text || strcmp(text, "a") == 0)
		*type = ANY;
	else if (strcmp(text, "b") == 0)
		*type = BPF_DEVCG_DEV_BLOCK;
	else if (strcmp(text, "c") == 0 || strcmp(text, "u") == 0)
		*type = BPF_DEVCG_DEV_CHAR;
	else
		return -1;
	return 0;
}

static int read_number(const struct opt_int *number, int32_t *value)
{
	*value = ANY;
	if (!number->set || number->value == -1)
		return 0;
	if (number->value < 0 || number->value > INT32_MAX)
		return -1;
	*value = (int32_t)number->value;
	return 0;
}

static int read_access(const char *text, int32_t *access)
{
	*access = 0;
	for (; text && *text; text++) {
		if (*text == 'r')
			*access |= BPF_DEVCG_ACC_READ;
		else if (*text == 'w')
			*access |= BPF_DEVCG_ACC_WRITE;
		else if (*text == 'm')
			*access |= BPF_DEVCG_ACC_MKNOD;
		else
			return -1;
	}
	if (!*access)
		*access = ALL_ACCESS;
	return 0;
}

static int read_rule(const struct spec_device_rule *from, size_t index, struct rule *rule,
		     struct error *err)
{
	const char *wrong = NULL;

	rule->allow = from->allow;
	if (read_type(from->type, &rule->type) < 0)
		wrong = "type: one of a, b, c expected";
	else if (read_number(&from->major, &rule->major) < 0)
		wrong = "major: out of range";
	else if (read_number(&from->minor, &rule->minor) < 0)
		wrong = "minor: out of range";
	else if (read_access(from->access, &rule->access) < 0)
		wrong = "access: letters of rwm expected";
	if (wrong)
		return fail(err, EINVAL, "linux.resources.devices[%zu].%s", index, wrong);
	return 0;
}

/* Whether all that rule says anything about is said by later as well. */
static bool is_covered(const struct rule *rule, const struct rule *later)
{
	return (later->type == ANY || later->type == rule->type) &&
	       (later->major == ANY || later->major == rule->major) &&
	       (later->minor == ANY || later->minor == rule->minor) &&
	       (rule->access & ~later->access) == 0;
}

static bool is_for_everything(const struct rule *rule)
{
	return rule->type == ANY && rule->major == ANY && rule->minor == ANY &&
	       rule->access == ALL_ACCESS;
}

/*
 * Drops the rules that cannot matter: all up to the last one for everything, which sets the
 * verdict of requests without a match; those that a later rule covers; and at the beginning those
 * that only repeat that verdict. Returns the verdict.
 */
static bool reduce(struct rule *rules, size_t *count)
{
	size_t begin = 0, kept = 0;
	bool otherwise = false;

	for (size_t i = *count; i-- > 0 && !begin;)
		if (is_for_everything(&rules[i])) {
			otherwise = rules[i].allow;
			begin = i + 1;
		}
	for (size_t i = begin; i < *count; i++) {
		bool covered = kept == 0 && rules[i].allow == otherwise;

		for (size_t j = i + 1; j < *count && !covered; j++)
			covered = is_covered(&rules[i], &rules[j]);
		if (!covered)
			rules[kept++] = rules[i];
	}
	*count = kept;
	return otherwise;
}

static void emit(struct device_program *program, struct bpf_insn instruction)
{
	program->instructions[program->count++] = instruction;
}

#define LOAD(dst, member)                                                                          \
	(struct bpf_insn)                                                                          \
	{                                                                                          \
		.code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = dst, .src_reg = BPF_REG_1,           \
		.off = offsetof(struct bpf_cgroup_dev_ctx, member)                                 \
	}
#define ALU(operation, dst, value)                                                                 \
	(struct bpf_insn)                                                                          \
	{                                                                                          \
		.code = BPF_ALU64 | (operation) | BPF_K, .dst_reg = dst, .imm = value              \
	}
#define JUMP(operation, dst, value, distance)                                                      \
	(struct bpf_insn)                                                                          \
	{                                                                                          \
		.code = BPF_JMP | (operation) | BPF_K, .dst_reg = dst, .imm = value,               \
		.off = distance                                                                    \
	}
#define EXIT() ((struct bpf_insn){ .code = BPF_JMP | BPF_EXIT })

enum { TYPE = BPF_REG_2, ACCESS = BPF_REG_3, MAJOR = BPF_REG_4, MINOR = BPF_REG_5 };

static void emit_start(struct device_program *program)
{
	emit(program, LOAD(TYPE, access_type)); /* access << 16 | type */
	emit(program, (struct bpf_insn){ .code = BPF_ALU64 | BPF_MOV | BPF_X,
					 .dst_reg = ACCESS,
					 .src_reg = TYPE });
	emit(program, ALU(BPF_AND, TYPE, 0xffff));
	emit(program, ALU(BPF_RSH, ACCESS, 16));
	emit(program, LOAD(MAJOR, major));
	emit(program, LOAD(MINOR, minor));
}

/* The jumps to allow and deny are patched when it is known where these are. */
enum { TO_ALLOW = 0x7ffe, TO_DENY = 0x7ffd };

static void emit_rule(struct device_program *program, const struct rule *rule)
{
	bool is_partial = rule->allow && rule->access != ALL_ACCESS;
	size_t first = program->count, end;

	if (rule->major != ANY)
		emit(program, JUMP(BPF_JNE, MAJOR, rule->major, 0));
	if (rule->minor != ANY)
		emit(program, JUMP(BPF_JNE, MINOR, rule->minor, 0));
	if (rule->type != ANY)
		emit(program, JUMP(BPF_JNE, TYPE, rule->type, 0));
	end = program->count + (is_partial ? 2 : 1);
	for (size_t i = first; i < program->count; i++)
		program->instructions[i].off = (int16_t)(end - i - 1);
	if (is_partial) {
		emit(program, ALU(BPF_AND, ACCESS, ALL_ACCESS & ~rule->access));
		emit(program, JUMP(BPF_JEQ, ACCESS, 0, TO_ALLOW));
	} else if (rule->allow) {
		emit(program, JUMP(BPF_JA, 0, 0, TO_ALLOW));
	} else {
		emit(program, JUMP(BPF_JSET, ACCESS, rule->access, TO_DENY));
	}
}

/* The verdict without a match falls through into its exit; the other exit follows. */
static void emit_end(struct device_program *program, bool otherwise)
{
	size_t first = program->count;
	size_t allow = otherwise ? first : first + 2, deny = otherwise ? first + 2 : first;

	emit(program, ALU(BPF_MOV, BPF_REG_0, otherwise));
	emit(program, EXIT());
	emit(program, ALU(BPF_MOV, BPF_REG_0, !otherwise));
	emit(program, EXIT());
	for (size_t i = 0; i < first; i++) {
		struct bpf_insn *jump = &program->instructions[i];

		if (jump->off == TO_ALLOW)
			jump->off = (int16_t)(allow - i - 1);
		else if (jump->off == TO_DENY)
			jump->off = (int16_t)(deny - i - 1);
	}
}

int device_program_plan(struct arena *arena, const struct spec_device_rule *rules, size_t count,
			struct device_program *program, struct error *err)
{
	size_t total = count + ARRAY_SIZE(defaults);
	struct rule *all;
	bool otherwise;

	*program = (struct device_program){ 0 };
	if (count == 0)
		return 0;
	if (count > MAX_RULES)
		return fail(err, E2BIG,
			    "linux.resources.devices: %zu rules are too many (at most %d)", count,
			    MAX_RULES);
	all = arena_array(arena, struct rule, total);
	for (size_t i = 0; i < count; i++)
		if (read_rule(&rules[i], i, &all[i], err) < 0)
			return -1;
	memcpy(all + count, defaults, sizeof(defaults));
	otherwise = reduce(all, &total);
	if (otherwise && total == 0)
		return 0;
	program->instructions = arena_array(arena, struct bpf_insn, 6 + 5 * total + 4);
	emit_start(program);
	for (size_t i = total; i-- > 0;)
		emit_rule(program, &all[i]);
	emit_end(program, otherwise);
	return 0;
}

static char *print_instruction(struct arena *arena, const struct bpf_insn *insn, size_t index)
{
	static const char *const registers[] = { [BPF_REG_0] = "result",
						 [TYPE] = "type",
						 [ACCESS] = "access",
						 [MAJOR] = "major",
						 [MINOR] = "minor" };
	const char *reg = registers[insn->dst_reg];
	size_t target = index + 1 + (size_t)insn->off;

	switch (insn->code) {
	case BPF_LDX | BPF_MEM | BPF_W:
		return arena_printf(arena, "%s = request[%d]", reg, insn->off);
	case BPF_ALU64 | BPF_MOV | BPF_X:
		return arena_printf(arena, "%s = %s", reg, registers[insn->src_reg]);
	case BPF_ALU64 | BPF_MOV | BPF_K:
		return arena_printf(arena, "%s = %d", reg, insn->imm);
	case BPF_ALU64 | BPF_AND | BPF_K:
		return arena_printf(arena, "%s &= %#x", reg, insn->imm);
	case BPF_ALU64 | BPF_RSH | BPF_K:
		return arena_printf(arena, "%s >>= %d", reg, insn->imm);
	case BPF_JMP | BPF_JA | BPF_K:
		return arena_printf(arena, "goto %zu", target);
	case BPF_JMP | BPF_JNE | BPF_K:
		return arena_printf(arena, "if %s != %d goto %zu", reg, insn->imm, target);
	case BPF_JMP | BPF_JEQ | BPF_K:
		return arena_printf(arena, "if %s == %d goto %zu", reg, insn->imm, target);
	case BPF_JMP | BPF_JSET | BPF_K:
		return arena_printf(arena, "if %s & %#x goto %zu", reg, insn->imm, target);
	default:
		return arena_strdup(arena, "return result");
	}
}

char *device_program_print(struct arena *arena, const struct device_program *program)
{
	char *text = arena_strdup(arena, "");

	for (size_t i = 0; i < program->count; i++)
		text = arena_printf(arena, "%s%3zu  %s\n", text, i,
				    print_instruction(arena, &program->instructions[i], i));
	return text;
}

static int sys_bpf(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int load(const struct device_program *program)
{
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
		.insns = (uintptr_t)program->instructions,
		.insn_cnt = (uint32_t)program->count,
		.license = (uintptr_t) "Apache-2.0",
		.prog_name = "ctr_devices",
	};

	return sys_bpf(BPF_PROG_LOAD, &attributes);
}

/* Kernels before 5.11 count programs against RLIMIT_MEMLOCK and answer EPERM. */
static int load_with_memlock(const struct device_program *program)
{
	const struct rlimit unlimited = { RLIM_INFINITY, RLIM_INFINITY };
	struct rlimit before;
	int fd = load(program);

	if (fd >= 0 || errno != EPERM || getrlimit(RLIMIT_MEMLOCK, &before) < 0 ||
	    setrlimit(RLIMIT_MEMLOCK, &unlimited) < 0)
		return fd;
	fd = load(program);
	setrlimit(RLIMIT_MEMLOCK, &before);
	return fd;
}

int device_program_apply(int dirfd, const struct device_program *program, struct error *err)
{
	union bpf_attr attributes = {
		.target_fd = (uint32_t)dirfd,
		.attach_type = BPF_CGROUP_DEVICE,
		.attach_flags = BPF_F_ALLOW_MULTI,
	};
	cleanup_fd int fd = -1;

	if (!program->instructions)
		return 0;
	fd = load_with_memlock(program);
	if (fd < 0)
		return fail_errno(err, "linux.resources.devices: load the eBPF program%s",
				  errno == EPERM ? " (needs CAP_BPF or CAP_SYS_ADMIN on the host)"
						 : "");
	attributes.attach_bpf_fd = (uint32_t)fd;
	if (sys_bpf(BPF_PROG_ATTACH, &attributes) < 0)
		return fail_errno(err, "linux.resources.devices: attach the eBPF program");
	return 0;
}
