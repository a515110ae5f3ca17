/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/seccomp_enosys.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>

#include "base/macro.h"

#define X32_BIT 0x40000000u

/* Those that libseccomp has; x86_64 before x32, which is a part of it. */
static const uint32_t architectures[] = {
	SCMP_ARCH_X86_64,   SCMP_ARCH_X86,	   SCMP_ARCH_ARM,	SCMP_ARCH_AARCH64,
	SCMP_ARCH_MIPS,	    SCMP_ARCH_MIPS64,	   SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL,
	SCMP_ARCH_MIPSEL64, SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PPC,	SCMP_ARCH_PPC64,
	SCMP_ARCH_PPC64LE,  SCMP_ARCH_S390,	   SCMP_ARCH_S390X,	SCMP_ARCH_RISCV64,
};
#define SECTION 10 /* instructions at most for each of them */

/* The highest number that the profile names, or -1. */
static int64_t last_number(const struct seccomp_profile *profile, uint32_t architecture)
{
	int64_t last = -1;

	for (size_t i = 0; i < profile->rule_count; i++) {
		const struct string_list *names = profile->rules[i].names;

		for (size_t j = 0; j < names->count; j++) {
			int number =
				seccomp_syscall_resolve_name_arch(architecture, names->items[j]);

			if (number > last)
				last = number;
		}
	}
	return last;
}

struct writer {
	struct sock_filter *head;
	size_t count;
};

static void emit(struct writer *writer, uint16_t code, uint32_t k, uint8_t jt, uint8_t jf)
{
	writer->head[writer->count++] = (struct sock_filter){ code, jt, jf, k };
}

/* A number above last: ENOSYS; others go on behind the next instruction but one. */
static void emit_limit(struct writer *writer, int64_t last)
{
	emit(writer, BPF_JMP | BPF_JGT | BPF_K, (uint32_t)last, 0, 1);
	emit(writer, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
}

#define TO_END UINT32_MAX /* a jump to the filter, patched at the end */

static void emit_section(struct writer *writer, uint32_t architecture, int64_t last,
			 int64_t last_x32)
{
	size_t begin = writer->count;

	emit(writer, BPF_JMP | BPF_JEQ | BPF_K, architecture, 0, 0);
	emit(writer, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr), 0, 0);
	/* numbers that the C library cannot pass otherwise come as 0, with the real one hidden */
	if (architecture == SCMP_ARCH_S390 || architecture == SCMP_ARCH_S390X) {
		emit(writer, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 1);
		emit(writer, BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS, 0, 0);
	}
	if (architecture == SCMP_ARCH_X86_64) {
		emit(writer, BPF_JMP | BPF_JSET | BPF_K, X32_BIT, last < 0 ? 1 : 3, 0);
		if (last >= 0)
			emit_limit(writer, last);
		emit(writer, BPF_JMP | BPF_JA, TO_END, 0, 0);
		if (last_x32 >= 0)
			emit_limit(writer, last_x32);
	} else {
		emit_limit(writer, last);
	}
	emit(writer, BPF_JMP | BPF_JA, TO_END, 0, 0);
	writer->head[begin].jf = (uint8_t)(writer->count - begin - 1);
}

size_t seccomp_enosys_head(struct arena *arena, scmp_filter_ctx filter,
			   const struct seccomp_profile *profile, struct sock_filter **head)
{
	struct writer writer = { 0 };

	writer.head =
		arena_array(arena, struct sock_filter, 1 + SECTION * ARRAY_SIZE(architectures));
	emit(&writer, BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch), 0, 0);
	for (size_t i = 0; i < ARRAY_SIZE(architectures); i++) {
		int64_t last = -1, last_x32 = -1;

		if (seccomp_arch_exist(filter, architectures[i]) == 0)
			last = last_number(profile, architectures[i]);
		if (architectures[i] == SCMP_ARCH_X86_64 &&
		    seccomp_arch_exist(filter, SCMP_ARCH_X32) == 0)
			last_x32 = last_number(profile, SCMP_ARCH_X32);
		if (last >= 0 || last_x32 >= 0)
			emit_section(&writer, architectures[i], last, last_x32);
	}
	if (writer.count == 1)
		return 0;
	for (size_t i = 0; i < writer.count; i++)
		if (writer.head[i].code == (BPF_JMP | BPF_JA) && writer.head[i].k == TO_END)
			writer.head[i].k = (uint32_t)(writer.count - i - 1);
	*head = writer.head;
	return writer.count;
}
