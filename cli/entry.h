/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>

/*
 * What runs before the C library, in `ctr` on x86_64 and aarch64 (cli/entry.c). Nothing is set up
 * there: no relocation has been applied, so that static data may hold no pointer, and there is no
 * thread control block, so no errno and no stack protector. The C library's functions cannot be
 * called: not even the memcpy() that a compiler makes of a loop, hence ENTRY_OPAQUE().
 */

#define ENTRY_CODE __attribute__((no_stack_protector))

/* The compiler cannot know what the value is from here on: it sees no pattern in a loop of it. */
#define ENTRY_OPAQUE(value) __asm__ volatile("" : "+r"(value))

/* What the kernel has put onto the stack (execve(2), getauxval(3)). */
struct entry_stack {
	char **argv, **envp;
	uintptr_t user, secure; /* AT_EUID, AT_SECURE */
};

/*
 * Executes the program again from a read-only view of its file, as runtime/guard.h says, if a verb
 * is meant that guard_self() would do that for. Whatever does not work is left to guard_self(),
 * which then fails with an error. Sets guard_is_seen if there is nothing to do.
 */
void entry_guard(const struct entry_stack *stack);

/* Applies packed relocations, where libc does not. */
void entry_relocate(void);

/* The result is negative for an error. */
#if defined(__x86_64__)
static inline ENTRY_CODE long entry_call(long number, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = e;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
	return result;
}
#elif defined(__aarch64__)
static inline ENTRY_CODE long entry_call(long number, long a, long b, long c, long d, long e)
{
	register long x8 __asm__("x8") = number, x0 __asm__("x0") = a, x1 __asm__("x1") = b,
			 x2 __asm__("x2") = c, x3 __asm__("x3") = d, x4 __asm__("x4") = e;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	return x0;
}
#endif
