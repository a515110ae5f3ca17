/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/macro.h"
#include "net/rate.h"

/*
 * A limit as a clock (the generic cell rate algorithm): each packet moves it forward by the time that
 * the packet takes at the rate, and a packet that finds it too far ahead of now is dropped. One number
 * is all that there is to keep. Two processors at once may lose a packet's time, which does not matter.
 *
 *	clock = max(clock, now)
 *	if (clock - now > burst) drop
 *	clock += length * time of a byte
 */

#define SCALE 20 /* binary digits behind the point of the time of a byte */

static int sys_bpf(int command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int make_clock(void)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = 1,
		.map_name = "ctr_rate",
	};

	return sys_bpf(BPF_MAP_CREATE, &attributes);
}

#define LOAD(bits, to, from, offset_)                                                              \
	{                                                                                          \
		.code = BPF_LDX | BPF_MEM | (bits), .dst_reg = to, .src_reg = from, .off = offset_ \
	}
#define STORE(bits, to, offset_, from)                                                             \
	{                                                                                          \
		.code = BPF_STX | BPF_MEM | (bits), .dst_reg = to, .src_reg = from, .off = offset_ \
	}
#define STORE_NUMBER(bits, to, offset_, value)                                                     \
	{                                                                                          \
		.code = BPF_ST | BPF_MEM | (bits), .dst_reg = to, .off = offset_, .imm = value     \
	}
#define NUMBER(operation, to, value)                                                               \
	{                                                                                          \
		.code = BPF_ALU64 | (operation) | BPF_K, .dst_reg = to, .imm = value               \
	}
#define REGISTER(operation, to, from)                                                              \
	{                                                                                          \
		.code = BPF_ALU64 | (operation) | BPF_X, .dst_reg = to, .src_reg = from            \
	}
/* skips so many instructions */
#define SKIP_IF_ZERO(which, count)                                                                 \
	{                                                                                          \
		.code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = which, .off = count                  \
	}
#define SKIP_IF(condition, left, right, count)                                                     \
	{                                                                                          \
		.code = BPF_JMP | (condition) | BPF_X, .dst_reg = left, .src_reg = right,          \
		.off = count                                                                       \
	}
#define CALL(function)                                                                             \
	{                                                                                          \
		.code = BPF_JMP | BPF_CALL, .imm = function                                        \
	}
/* 64 bits: two instructions */
#define LONG(to, source, value)                                                                    \
	{ .code = BPF_LD | BPF_IMM | BPF_DW,                                                       \
	  .dst_reg = to,                                                                           \
	  .src_reg = source,                                                                       \
	  .imm = (int32_t)(uint32_t)(value) },                                                     \
	{                                                                                          \
		.imm = (int32_t)(uint32_t)((uint64_t)(value) >> 32)                                \
	}
#define RETURN(value)                                                                              \
	NUMBER(BPF_MOV, BPF_REG_0, value),                                                         \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}

enum { RESULT = BPF_REG_0, LENGTH = BPF_REG_6, CLOCK = BPF_REG_7, AHEAD = BPF_REG_8 };
#define STACK BPF_REG_10

static int load(int clock, uint64_t byte_time, uint64_t burst_time)
{
	const struct bpf_insn program[] = {
		LOAD(BPF_W, LENGTH, BPF_REG_1, offsetof(struct __sk_buff, len)),
		STORE_NUMBER(BPF_W, STACK, -4, 0),
		REGISTER(BPF_MOV, BPF_REG_2, STACK),
		NUMBER(BPF_ADD, BPF_REG_2, -4),
		LONG(BPF_REG_1, BPF_PSEUDO_MAP_FD, clock),
		CALL(BPF_FUNC_map_lookup_elem),
		SKIP_IF_ZERO(RESULT, 16), /* to the first return; it never is */
		REGISTER(BPF_MOV, CLOCK, RESULT),
		CALL(BPF_FUNC_ktime_get_ns),
		LOAD(BPF_DW, AHEAD, CLOCK, 0),
		SKIP_IF(BPF_JGE, AHEAD, RESULT, 1),
		REGISTER(BPF_MOV, AHEAD, RESULT),
		REGISTER(BPF_MOV, BPF_REG_1, AHEAD),
		REGISTER(BPF_SUB, BPF_REG_1, RESULT),
		LONG(BPF_REG_2, 0, burst_time),
		SKIP_IF(BPF_JGT, BPF_REG_1, BPF_REG_2, 8), /* to the second return */
		LONG(BPF_REG_1, 0, byte_time),
		REGISTER(BPF_MUL, LENGTH, BPF_REG_1),
		NUMBER(BPF_RSH, LENGTH, SCALE),
		REGISTER(BPF_ADD, AHEAD, LENGTH),
		STORE(BPF_DW, CLOCK, 0, AHEAD),
		RETURN(TC_ACT_UNSPEC),
		RETURN(TC_ACT_SHOT),
	};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_SCHED_CLS,
		.insns = (uintptr_t)program,
		.insn_cnt = ARRAY_SIZE(program),
		.license = (uintptr_t) "Apache-2.0",
		.prog_name = "ctr_rate",
	};

	return sys_bpf(BPF_PROG_LOAD, &attributes);
}

int rate_program_load(uint64_t bits_per_second, uint64_t burst, struct error *err)
{
	const uint64_t nanoseconds = 8000000000; /* that a byte takes at one bit a second */
	uint64_t byte_time = (nanoseconds << SCALE) / bits_per_second;
	/* parts first: bytes by nanoseconds are more than 64 bits */
	uint64_t burst_time =
		burst * (byte_time >> SCALE) + (burst * (byte_time & ((1U << SCALE) - 1)) >> SCALE);
	cleanup_fd int clock = make_clock();
	int program;

	if (clock < 0)
		return fail_errno(err, "rates: make an eBPF map");
	program = load(clock, byte_time, burst_time);
	return program < 0 ? fail_errno(err, "rates: load the eBPF program") : program;
}
