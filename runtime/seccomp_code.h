/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * For runtime/seccomp*.c: BPF instructions, written from the last to the first. Jumps only lead
 * forward (bpf(4)), so what one leads to is always there already, and the way to a verdict is the
 * same few instructions from wherever it is near enough.
 *
 * A label is the number of instructions from a place to the end.
 */

struct seccomp_code {
	struct arena *arena;
	struct sock_filter *instructions; /* the last count ones of room */
	size_t count, room;
	struct {
		uint32_t action;
		size_t label; /* 0: this one is free */
	} returns[8];	      /* the latest of each, as far as there is room */
	size_t next_return;
};

/* Each returns the label of what it has written. */
size_t seccomp_emit_return(struct seccomp_code *code, uint32_t action);
size_t seccomp_emit_jump(struct seccomp_code *code, uint16_t comparison, uint32_t k, size_t yes,
			 size_t no);
/* No jump: next is what the program does behind it. */
size_t seccomp_emit(struct seccomp_code *code, uint16_t operation, uint32_t k, size_t next);

/* The program, behind which nothing can be written any more. */
struct sock_filter *seccomp_code_begin(const struct seccomp_code *code);
