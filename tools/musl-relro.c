/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the linker wants to be read-only behind the relocations (PT_GNU_RELRO: tables of pointers
 * that are constant, and the addresses of functions) is made so. musl's dynamic linker does it, its
 * start of a static-pie does not. Linked into each program by musl.specs, it runs before all else.
 */
#include <link.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>

extern const char __ehdr_start[] __attribute__((visibility("hidden")));

__attribute__((constructor(101))) static void protect_relocated(void)
{
	const ElfW(Ehdr) *header = (const void *)__ehdr_start;
	const ElfW(Phdr) *segments = (const void *)(__ehdr_start + header->e_phoff);
	const uintptr_t page = getauxval(AT_PAGESZ);

	for (int i = 0; i < header->e_phnum; i++) {
		const ElfW(Phdr) *segment = &segments[i];
		uintptr_t begin = (uintptr_t)__ehdr_start + segment->p_vaddr;
		uintptr_t end = (begin + segment->p_memsz) & -page;

		begin &= -page;
		if (segment->p_type == PT_GNU_RELRO && begin < end &&
		    mprotect((void *)begin, end - begin, PROT_READ) < 0)
			__builtin_trap();
	}
}
