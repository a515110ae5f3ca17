/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>

/*
 * The smallest unit test harness that prints TAP. A test program is a file of
 *
 *	TEST(limits_swap_smaller_than_memory_is_refused)
 *	{
 *		CHECK(limits_plan(...) == -1);
 *		CHECK_STRING(err.text, "...");
 *	}
 *
 * linked with unit.c, which has main(). A failed check ends its test. Names are sentences.
 * Arguments of the program choose tests by name.
 */

struct unit_test {
	const char *name;
	void (*run)(void);
	struct unit_test *next;
};

void unit_register(struct unit_test *test);

#define TEST(id)                                                                                   \
	static void test_##id(void);                                                               \
	static struct unit_test unit_##id = { .name = #id, .run = test_##id };                     \
	__attribute__((constructor)) static void register_##id(void)                               \
	{                                                                                          \
		unit_register(&unit_##id);                                                         \
	}                                                                                          \
	static void test_##id(void)

/* Ends the test as failed, with the place and a formatted reason. */
_Noreturn void unit_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Ends the test as skipped. */
_Noreturn void unit_skip(const char *reason);

/*
 * Skips the test where system call number is not there, as under valgrind, which knows fewer of
 * them than the kernel. It is called with arguments of -1, so it must fail for these.
 */
void unit_need_syscall(long number, const char *name);
/* For all that looks paths up inside a root. */
#define unit_need_openat2() unit_need_syscall(SYS_openat2, "openat2")
/* For all that holds on to a process. */
#define unit_need_pidfd_open() unit_need_syscall(SYS_pidfd_open, "pidfd_open")

#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			unit_fail(__FILE__, __LINE__, "not true: %s", #condition);                 \
	} while (0)
#define CHECK_STRING(is, expected) unit_check_string(__FILE__, __LINE__, is, expected)
#define CHECK_INT(is, expected) unit_check_int(__FILE__, __LINE__, is, expected)
/* Whether text has part in it. */
#define CHECK_CONTAINS(text, part) unit_check_contains(__FILE__, __LINE__, text, part)
/*
 * Whether text is what the file tests/unit/golden/NAME holds. With UNIT_UPDATE=1 in the
 * environment the file is written instead: read the diff before you commit it.
 */
#define CHECK_GOLDEN(text, name) unit_check_golden(__FILE__, __LINE__, text, name)

void unit_check_string(const char *file, int line, const char *is, const char *expected);
void unit_check_int(const char *file, int line, long long is, long long expected);
void unit_check_contains(const char *file, int line, const char *text, const char *part);
void unit_check_golden(const char *file, int line, const char *text, const char *name);

/* The path of a file of the source tree (static buffer). */
const char *unit_source_path(const char *relative);
