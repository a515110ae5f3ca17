/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first instructions of ctr (the linker's -e), instead of the C library's _start, which comes
 * next. A start executes the program twice (runtime/guard.h); here the first time ends before
 * libc's own start and before most pages of the program have been touched, which is worth 0.5 ms
 * with glibc and 0.1 ms with musl.
 */
#include "cli/entry.h"

#include <elf.h>

#if defined(__x86_64__)
/* rdx is what _start gives to atexit(3): none */
__asm__(".pushsection .text.ctr_entry, \"ax\", @progbits\n"
	".globl ctr_entry\n"
	".type ctr_entry, @function\n"
	"ctr_entry:\n"
	"	endbr64\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rbx\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call entry_main\n"
	"	mov %rbx, %rsp\n"
	"	xor %edx, %edx\n"
	"	jmp _start\n"
	".size ctr_entry, . - ctr_entry\n"
	".popsection\n");
#elif defined(__aarch64__)
__asm__(".pushsection .text.ctr_entry, \"ax\", @progbits\n"
	".globl ctr_entry\n"
	".type ctr_entry, @function\n"
	"ctr_entry:\n"
	"	hint #34\n" /* bti c */
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	mov x19, sp\n"
	"	mov x0, sp\n"
	"	bl entry_main\n"
	"	mov sp, x19\n"
	"	mov x0, #0\n"
	"	mov x29, #0\n"
	"	mov x30, #0\n"
	"	b _start\n"
	".size ctr_entry, . - ctr_entry\n"
	".popsection\n");
#endif

__attribute__((visibility("hidden"))) void entry_main(uintptr_t *words);

ENTRY_CODE void entry_main(uintptr_t *words)
{
	struct entry_stack stack = { .argv = (char **)(words + 1) };

	stack.envp = stack.argv + words[0] + 1;
	words = (uintptr_t *)stack.envp;
	while (*words)
		words++;
	for (words++; words[0] != AT_NULL; words += 2) {
		if (words[0] == AT_EUID)
			stack.user = words[1];
		else if (words[0] == AT_SECURE)
			stack.secure = words[1];
	}
	entry_guard(&stack);
	entry_relocate();
}
