/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/device_program.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/unit.h"

static struct arena arena;
static struct device_program program;
static struct error err;

struct request {
	uint32_t type, access, major, minor;
};

/* Runs the program as the kernel would: the few instructions that the compiler uses. */
static int run(const struct request *request)
{
	const struct bpf_cgroup_dev_ctx context = { request->access << 16 | request->type,
						    request->major, request->minor };
	int64_t registers[11] = { 0 };

	if (!program.instructions)
		return 1;
	for (size_t i = 0; i < program.count; i++) {
		const struct bpf_insn *insn = &program.instructions[i];
		int64_t *to = &registers[insn->dst_reg];
		uint32_t word;

		switch (insn->code) {
		case BPF_LDX | BPF_MEM | BPF_W:
			CHECK(insn->src_reg == BPF_REG_1 && insn->off >= 0 &&
			      insn->off + sizeof(word) <= sizeof(context));
			memcpy(&word, (const char *)&context + insn->off, sizeof(word));
			*to = word;
			break;
		case BPF_ALU64 | BPF_MOV | BPF_X:
			*to = registers[insn->src_reg];
			break;
		case BPF_ALU64 | BPF_MOV | BPF_K:
			*to = insn->imm;
			break;
		case BPF_ALU64 | BPF_AND | BPF_K:
			*to &= insn->imm;
			break;
		case BPF_ALU64 | BPF_OR | BPF_X:
			*to |= registers[insn->src_reg];
			break;
		case BPF_ALU64 | BPF_LSH | BPF_K:
			*to = (int64_t)((uint64_t)*to << insn->imm);
			break;
		case BPF_JMP32 | BPF_JEQ | BPF_K:
			i += (int32_t)*to == insn->imm ? (size_t)insn->off : 0;
			break;
		case BPF_JMP32 | BPF_JNE | BPF_K:
			i += (int32_t)*to != insn->imm ? (size_t)insn->off : 0;
			break;
		case BPF_ALU64 | BPF_RSH | BPF_K:
			*to = (int64_t)((uint64_t)*to >> insn->imm);
			break;
		case BPF_JMP | BPF_JA | BPF_K:
			i += (size_t)insn->off;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			i += *to == insn->imm ? (size_t)insn->off : 0;
			break;
		case BPF_JMP | BPF_JNE | BPF_K:
			i += *to != insn->imm ? (size_t)insn->off : 0;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			i += *to & insn->imm ? (size_t)insn->off : 0;
			break;
		case BPF_JMP | BPF_EXIT:
			return (int)registers[0];
		default:
			unit_fail(__FILE__, __LINE__, "instruction %zu: code %#x", i, insn->code);
		}
		CHECK(insn->off >= 0); /* no loops */
	}
	unit_fail(__FILE__, __LINE__, "the program runs over its end");
}

static bool number_matches(const struct opt_int *number, uint32_t value)
{
	return !number->set || number->value == -1 || number->value == value;
}

/* Whether the rules allow one letter, read straight from them. */
static bool letter_allowed(const struct spec_device_rule *rules, size_t count,
			   const struct request *request, uint32_t bit, char letter)
{
	static const uint32_t defaults[][2] = { { 1, 3 }, { 1, 5 }, { 1, 7 }, { 1, 8 },
						{ 1, 9 }, { 5, 0 }, { 5, 2 } };
	char type = request->type == BPF_DEVCG_DEV_CHAR ? 'c' : 'b';

	if (bit == BPF_DEVCG_ACC_MKNOD)
		return true;
	if (type == 'c' && request->major == 136)
		return true;
	for (size_t i = 0; type == 'c' && i < sizeof(defaults) / sizeof(defaults[0]); i++)
		if (defaults[i][0] == request->major && defaults[i][1] == request->minor)
			return true;
	for (size_t i = count; i-- > 0;)
		if ((!rules[i].type || rules[i].type[0] == 'a' || rules[i].type[0] == type) &&
		    number_matches(&rules[i].major, request->major) &&
		    number_matches(&rules[i].minor, request->minor) &&
		    (!rules[i].access || !*rules[i].access || strchr(rules[i].access, letter)))
			return rules[i].allow;
	return false;
}

static bool allowed(const struct spec_device_rule *rules, size_t count,
		    const struct request *request)
{
	static const struct {
		uint32_t bit;
		char letter;
	} letters[] = { { BPF_DEVCG_ACC_READ, 'r' },
			{ BPF_DEVCG_ACC_WRITE, 'w' },
			{ BPF_DEVCG_ACC_MKNOD, 'm' } };

	for (size_t i = 0; i < 3; i++)
		if (request->access & letters[i].bit &&
		    !letter_allowed(rules, count, request, letters[i].bit, letters[i].letter))
			return false;
	return true;
}

static void compile(const struct spec_device_rule *rules, size_t count)
{
	if (device_program_plan(&arena, rules, count, &program, &err) < 0)
		unit_fail(__FILE__, __LINE__, "%s", err.text);
}

static void check_all_requests(const struct spec_device_rule *rules, size_t count)
{
	static const uint32_t majors[] = { 0, 1, 2, 5, 8, 10, 136, 4095 };
	static const uint32_t minors[] = { 0, 1, 2, 3, 5, 8, 9, 255, 1048575 };

	compile(rules, count);
	for (uint32_t type = BPF_DEVCG_DEV_BLOCK; type <= BPF_DEVCG_DEV_CHAR; type++)
		for (uint32_t access = 1; access <= 7; access++)
			for (size_t i = 0; i < sizeof(majors) / sizeof(majors[0]); i++)
				for (size_t j = 0; j < sizeof(minors) / sizeof(minors[0]); j++) {
					struct request request = { type, access, majors[i],
								   minors[j] };

					if (run(&request) == allowed(rules, count, &request))
						continue;
					unit_fail(__FILE__, __LINE__,
						  "type %u access %u device %u:%u\n%s", type,
						  access, majors[i], minors[j],
						  device_program_print(&arena, &program));
				}
}

#define RULE(does_allow, of_type, of_major, of_minor, of_access)                                   \
	{                                                                                          \
		.allow = does_allow, .type = of_type, .major = { true, of_major },                 \
		.minor = { true, of_minor }, .access = of_access                                   \
	}

static char all[] = "a", block[] = "b", character[] = "c", rwm[] = "rwm", rw[] = "rw",
	    rwa[] = "rwa", r[] = "r", w[] = "w", m[] = "m", none[] = "";

TEST(device_program_without_rules_is_none)
{
	compile(NULL, 0);
	CHECK(!program.instructions);
	CHECK_INT(device_program_apply(-1, &program, &err), 0);
}

TEST(device_program_of_privileged_containers_is_none)
{
	const struct spec_device_rule rules[] = { { .allow = false, .access = rwm },
						  { .allow = true, .type = all, .access = rwm },
						  RULE(true, character, 10, 229, rw) };

	compile(rules, 3);
	CHECK(!program.instructions);
}

TEST(device_program_of_the_template_is_the_golden_one)
{
	const struct spec_device_rule rules[] = { { .allow = false, .access = rwm } };

	check_all_requests(rules, 1);
	CHECK_GOLDEN(device_program_print(&arena, &program), "device_default.txt");
}

TEST(device_program_with_rules_of_all_kinds_is_the_golden_one)
{
	const struct spec_device_rule rules[] = {
		RULE(true, block, 8, 1, rw),	/* forgotten at the next one */
		{ .allow = true, .type = all }, /* no access: all of it */
		RULE(false, block, 8, -1, w),	/* disks are read-only */
		RULE(true, block, 8, 2, rwm),	/* but not this one */
		{ .allow = false, .type = character, .major = { true, 10 } },
		RULE(true, character, 10, 200, rw),
	};

	check_all_requests(rules, sizeof(rules) / sizeof(rules[0]));
	CHECK_GOLDEN(device_program_print(&arena, &program), "device_rules.txt");
}

TEST(device_program_denies_a_letter_of_a_request_with_two)
{
	const struct spec_device_rule rules[] = { { .allow = false, .access = rwm },
						  RULE(true, character, 10, 200, rwm),
						  RULE(false, character, 10, 200, w) };
	const struct request both = { BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE,
				      10, 200 };
	const struct request reading = { BPF_DEVCG_DEV_CHAR, BPF_DEVCG_ACC_READ, 10, 200 };

	compile(rules, 3);
	CHECK_INT(run(&both), 0);
	CHECK_INT(run(&reading), 1);
}

TEST(device_program_is_what_random_rules_say)
{
	static char *const types[] = { NULL, all, block, character };
	static char *const accesses[] = { NULL, none, rwm, rw, rwa, r, w, m };
	static const int64_t numbers[] = { -1, 0, 1, 2, 5, 8, 10, 136 };

	srandom(1);
	for (int round = 0; round < 300; round++) {
		struct spec_device_rule rules[12];
		size_t count = 1 + (size_t)random() % 12;

		for (size_t i = 0; i < count; i++)
			rules[i] = (struct spec_device_rule){
				.allow = random() & 1,
				.type = types[random() % 4],
				.major = { random() % 4 > 0, numbers[random() % 8] },
				.minor = { random() % 4 > 0, numbers[random() % 8] },
				.access = accesses[random() % 8],
			};
		check_all_requests(rules, count);
		arena_free(&arena);
	}
}

TEST(device_program_refuses_what_makes_no_sense)
{
	const struct spec_device_rule wrong_type[] = { { .allow = true, .type = none } };
	const struct spec_device_rule wrong_access[] = { { .allow = true, .access = all } };
	const struct spec_device_rule wrong_major[] = { RULE(true, character, -2, 0, r) };
	const struct spec_device_rule wrong_minor[] = { RULE(true, character, 0, 1LL << 32, r) };

	CHECK_INT(device_program_plan(&arena, wrong_type, 1, &program, &err), -1);
	CHECK_STRING(err.text, "linux.resources.devices[0].type: one of a, b, c expected");
	CHECK_INT(device_program_plan(&arena, wrong_access, 1, &program, &err), -1);
	CHECK_STRING(err.text, "linux.resources.devices[0].access: letters of rwm expected");
	CHECK_INT(device_program_plan(&arena, wrong_major, 1, &program, &err), -1);
	CHECK_STRING(err.text, "linux.resources.devices[0].major: 0 to 4095 expected, or -1");
	CHECK_INT(device_program_plan(&arena, wrong_minor, 1, &program, &err), -1);
	CHECK_STRING(err.text, "linux.resources.devices[0].minor: 0 to 1048575 expected, or -1");
	CHECK_INT(device_program_plan(&arena, wrong_minor, 5000, &program, &err), -1);
	CHECK_CONTAINS(err.text, "5000 rules are too many");
}
