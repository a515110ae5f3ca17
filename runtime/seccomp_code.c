/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_code.h"

#include <string.h>

#include "base/macro.h"

/* One less than what fits: the other way of a jump may put an instruction between. */
#define LONGEST_JUMP 254

static size_t push(struct seccomp_code *code, struct sock_filter instruction)
{
	if (code->count == code->room) {
		const struct sock_filter *old = code->instructions;
		size_t room = code->room ? 2 * code->room : 512;

		code->instructions = arena_array(code->arena, struct sock_filter, room);
		if (code->count)
			memcpy(code->instructions + room - code->count, old,
			       code->count * sizeof(*old));
		code->room = room;
	}
	code->count++;
	code->instructions[code->room - code->count] = instruction;
	return code->count;
}

static const struct sock_filter *at(const struct seccomp_code *code, size_t label)
{
	return &code->instructions[code->room - label];
}

static size_t push_return(struct seccomp_code *code, uint32_t action)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(code->returns) &&
	       (!code->returns[i].label || code->returns[i].action != action))
		i++;
	if (i == ARRAY_SIZE(code->returns))
		i = code->next_return++ % ARRAY_SIZE(code->returns);
	code->returns[i].action = action;
	code->returns[i].label = push(code, (struct sock_filter){ BPF_RET | BPF_K, 0, 0, action });
	return code->count;
}

/* The label, or that of an instruction that leads to it and is near enough. */
static size_t reach(struct seccomp_code *code, size_t label)
{
	if (code->count - label <= LONGEST_JUMP)
		return label;
	if (at(code, label)->code == (BPF_RET | BPF_K))
		return seccomp_emit_return(code, at(code, label)->k);
	return push(code, (struct sock_filter){ BPF_JMP | BPF_JA, 0, 0,
						(uint32_t)(code->count - label) });
}

size_t seccomp_emit_return(struct seccomp_code *code, uint32_t action)
{
	for (size_t i = 0; i < ARRAY_SIZE(code->returns); i++)
		if (code->returns[i].label && code->returns[i].action == action &&
		    code->count - code->returns[i].label <= LONGEST_JUMP)
			return code->returns[i].label;
	return push_return(code, action);
}

size_t seccomp_emit_jump(struct seccomp_code *code, uint16_t comparison, uint32_t k, size_t yes,
			 size_t no)
{
	yes = reach(code, yes);
	no = reach(code, no);
	return push(code, (struct sock_filter){ BPF_JMP | comparison | BPF_K,
						(uint8_t)(code->count - yes),
						(uint8_t)(code->count - no), k });
}

size_t seccomp_emit(struct seccomp_code *code, uint16_t operation, uint32_t k, size_t next)
{
	if (next != code->count && at(code, next)->code == (BPF_RET | BPF_K))
		push_return(code, at(code, next)->k);
	else if (next != code->count)
		push(code, (struct sock_filter){ BPF_JMP | BPF_JA, 0, 0,
						 (uint32_t)(code->count - next) });
	return push(code, (struct sock_filter){ operation, 0, 0, k });
}

struct sock_filter *seccomp_code_begin(const struct seccomp_code *code)
{
	return code->instructions + code->room - code->count;
}
