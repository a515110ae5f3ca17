/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A position-independent program has addresses to be corrected by where it was loaded. Packed
 * (DT_RELR) they take a twelfth of the room, so a start reads fewer pages; musl knows them from
 * 1.2.4 on. And musl leaves what they have corrected writable in static programs (no RELRO).
 */
#include "cli/entry.h"

#include <elf.h>
#include <link.h>
#include <sys/mman.h>

#ifdef CTR_PACKED_RELOCATIONS

extern const char __ehdr_start[] __attribute__((visibility("hidden")));
extern const ElfW(Dyn) _DYNAMIC[] __attribute__((visibility("hidden")));

/* An even entry is the address of a word; an odd one says which of the next 63 follow it. */
static ENTRY_CODE void apply_packed(uintptr_t base, const ElfW(Relr) * entry, size_t size)
{
	const ElfW(Relr) *end = entry + size / sizeof(*entry);
	uintptr_t *where = NULL;

	for (; entry < end; entry++) {
		if (!(*entry & 1)) {
			where = (uintptr_t *)(base + *entry);
			*where++ += base;
			continue;
		}
		for (size_t i = 0; *entry >> i > 1; i++)
			if (*entry >> i & 2)
				where[i] += base;
		where += 8 * sizeof(*entry) - 1;
	}
}

static ENTRY_CODE void make_read_only(uintptr_t base, uintptr_t page_size)
{
	const ElfW(Ehdr) *program = (const ElfW(Ehdr) *)base;
	const ElfW(Phdr) *header = (const ElfW(Phdr) *)(base + program->e_phoff);

	for (size_t i = 0; i < program->e_phnum; i++, header++) {
		uintptr_t begin = (base + header->p_vaddr) & -page_size;
		uintptr_t end = (base + header->p_vaddr + header->p_memsz) & -page_size;

		if (header->p_type == PT_GNU_RELRO)
			entry_call(SYS_mprotect, (long)begin, (long)(end - begin), PROT_READ, 0, 0);
	}
}

void ENTRY_CODE entry_relocate(const struct entry_stack *stack)
{
	const uintptr_t base = (uintptr_t)__ehdr_start;
	const ElfW(Relr) *packed = NULL;
	size_t size = 0, others = 0;

	for (const ElfW(Dyn) *entry = _DYNAMIC; entry->d_tag != DT_NULL; entry++) {
		if (entry->d_tag == DT_RELR)
			packed = (const ElfW(Relr) *)(base + entry->d_un.d_ptr);
		else if (entry->d_tag == DT_RELRSZ)
			size = entry->d_un.d_val;
		else if (entry->d_tag == DT_RELASZ)
			others = entry->d_un.d_val;
	}
	apply_packed(base, packed, size);
	/* the C library applies those to the same pages, if there are any; a test looks */
	if (!others)
		make_read_only(base, stack->page_size);
}

#else

void entry_relocate(const struct entry_stack *stack)
{
	(void)stack;
}

#endif
