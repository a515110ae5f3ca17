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

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>

#include "cgroup/device_rules.h"

#define ANY DEVICE_ANY
#define ALL_ACCESS DEVICE_ALL_ACCESS

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
#define JUMP32(operation, dst, value, distance)                                                    \
	(struct bpf_insn)                                                                          \
	{                                                                                          \
		.code = BPF_JMP32 | (operation) | BPF_K, .dst_reg = dst, .imm = value,             \
		.off = distance                                                                    \
	}
#define COPY(dst, src)                                                                             \
	(struct bpf_insn)                                                                          \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = dst, .src_reg = src                \
	}
#define EXIT() ((struct bpf_insn){ .code = BPF_JMP | BPF_EXIT })

enum {
	TYPE = BPF_REG_2,
	ACCESS = BPF_REG_3,
	MAJOR = BPF_REG_4,
	MINOR = BPF_REG_5,
	DEVICE = BPF_REG_6
};

/* A device number as the kernel has it, so that one comparison does for major and minor. */
#define MINOR_BITS 20

static void emit_start(struct device_program *program)
{
	emit(program, LOAD(TYPE, access_type)); /* access << 16 | type */
	emit(program, COPY(ACCESS, TYPE));
	emit(program, ALU(BPF_AND, TYPE, 0xffff));
	emit(program, ALU(BPF_RSH, ACCESS, 16));
	emit(program, LOAD(MAJOR, major));
	emit(program, LOAD(MINOR, minor));
	emit(program, COPY(DEVICE, MAJOR));
	emit(program, ALU(BPF_LSH, DEVICE, MINOR_BITS));
	emit(program, (struct bpf_insn){ .code = BPF_ALU64 | BPF_OR | BPF_X,
					 .dst_reg = DEVICE,
					 .src_reg = MINOR });
}

/* The jumps to allow and deny are patched when it is known where these are. */
enum { TO_ALLOW = 0x7ffe, TO_DENY = 0x7ffd };

/* A jump that is taken if the device has (BPF_JEQ) or has not (BPF_JNE) the rule's number. */
static void emit_device(struct device_program *program, uint8_t operation,
			const struct device_rule *rule, int16_t distance)
{
	uint32_t device = (uint32_t)rule->major << MINOR_BITS | (uint32_t)rule->minor;

	if (rule->minor == ANY)
		emit(program, JUMP(operation, MAJOR, rule->major, distance));
	else if (rule->major == ANY)
		emit(program, JUMP(operation, MINOR, rule->minor, distance));
	else
		emit(program, JUMP32(operation, DEVICE, (int32_t)device, distance));
}

static bool is_partial(const struct device_rule *rule)
{
	return rule->allow && rule->access != ALL_ACCESS;
}

/* What a rule does when it matches: allow all, allow some letters, or deny some. */
static void emit_action(struct device_program *program, const struct device_rule *rule)
{
	if (is_partial(rule)) {
		emit(program, ALU(BPF_AND, ACCESS, ALL_ACCESS & ~rule->access));
		emit(program, JUMP(BPF_JEQ, ACCESS, 0, TO_ALLOW));
	} else if (rule->allow) {
		emit(program, JUMP(BPF_JA, 0, 0, TO_ALLOW));
	} else {
		emit(program, JUMP(BPF_JSET, ACCESS, rule->access, TO_DENY));
	}
}

/*
 * Rules of one type, count of them, of which the last one is to be tried first. The kernel's
 * verifier takes 5 us a jump on the start path, so the type is asked once for all of them.
 */
static void emit_group(struct device_program *program, const struct device_rule *rules,
		       size_t count)
{
	size_t begin = program->count;

	if (rules->type != ANY)
		emit(program, JUMP(BPF_JNE, TYPE, rules->type, 0));
	for (size_t i = count; i-- > 0;) {
		bool any_device = rules[i].major == ANY && rules[i].minor == ANY;

		if (rules[i].allow && !is_partial(&rules[i]) && !any_device) {
			emit_device(program, BPF_JEQ, &rules[i], TO_ALLOW);
			continue;
		}
		if (!any_device)
			emit_device(program, BPF_JNE, &rules[i], is_partial(&rules[i]) ? 2 : 1);
		emit_action(program, &rules[i]);
	}
	if (rules->type != ANY)
		program->instructions[begin].off = (int16_t)(program->count - begin - 1);
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

int device_program_plan(struct arena *arena, const struct spec_device_rule *spec, size_t count,
			struct device_program *program, struct error *err)
{
	struct device_rules rules;

	*program = (struct device_program){ 0 };
	if (device_rules_plan(arena, spec, count, &rules, err) < 0)
		return -1;
	if (rules.otherwise && rules.count == 0)
		return 0;
	program->instructions = arena_array(arena, struct bpf_insn, 9 + 4 * rules.count + 4);
	emit_start(program);
	for (size_t end = rules.count, begin; end > 0; end = begin) {
		for (begin = end;
		     begin > 0 && rules.items[begin - 1].type == rules.items[end - 1].type;)
			begin--;
		emit_group(program, &rules.items[begin], end - begin);
	}
	emit_end(program, rules.otherwise);
	return 0;
}

static char *print_instruction(struct arena *arena, const struct bpf_insn *insn, size_t index)
{
	static const char *const registers[] = {
		[BPF_REG_0] = "result", [TYPE] = "type",   [ACCESS] = "access",
		[MAJOR] = "major",	[MINOR] = "minor", [DEVICE] = "device"
	};
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
	case BPF_ALU64 | BPF_OR | BPF_X:
		return arena_printf(arena, "%s |= %s", reg, registers[insn->src_reg]);
	case BPF_ALU64 | BPF_LSH | BPF_K:
		return arena_printf(arena, "%s <<= %d", reg, insn->imm);
	case BPF_ALU64 | BPF_RSH | BPF_K:
		return arena_printf(arena, "%s >>= %d", reg, insn->imm);
	case BPF_JMP | BPF_JA | BPF_K:
		return arena_printf(arena, "goto %zu", target);
	case BPF_JMP | BPF_JNE | BPF_K:
		return arena_printf(arena, "if %s != %d goto %zu", reg, insn->imm, target);
	case BPF_JMP32 | BPF_JNE | BPF_K:
	case BPF_JMP32 | BPF_JEQ | BPF_K:
		return arena_printf(arena, "if %s %s %u:%u goto %zu", reg,
				    BPF_OP(insn->code) == BPF_JEQ ? "==" : "!=",
				    (uint32_t)insn->imm >> MINOR_BITS,
				    (uint32_t)insn->imm & ((1u << MINOR_BITS) - 1), target);
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
