/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/unit.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct unit_test *first, **last = &first;
static jmp_buf escape;
enum { PASSED, FAILED, SKIPPED };
static char message[4096];

void unit_register(struct unit_test *test)
{
	*last = test;
	last = &test->next;
}

void unit_fail(const char *file, int line, const char *format, ...)
{
	int length = snprintf(message, sizeof(message), "%s:%d: ", file, line);
	va_list args;

	va_start(args, format);
	vsnprintf(message + length, sizeof(message) - (size_t)length, format, args);
	va_end(args);
	longjmp(escape, FAILED);
}

void unit_skip(const char *reason)
{
	snprintf(message, sizeof(message), "%s", reason);
	longjmp(escape, SKIPPED);
}

void unit_need_syscall(long number, const char *name)
{
	static char reason[64];

	if (syscall(number, -1L, -1L, -1L, -1L) >= 0 || errno != ENOSYS)
		return;
	snprintf(reason, sizeof(reason), "no system call %s here", name);
	unit_skip(reason);
}

void unit_check_string(const char *file, int line, const char *is, const char *expected)
{
	if (!is || !expected ? is != expected : strcmp(is, expected) != 0)
		unit_fail(file, line, "is \"%s\", expected \"%s\"", is ? is : "(null)",
			  expected ? expected : "(null)");
}

void unit_check_int(const char *file, int line, long long is, long long expected)
{
	if (is != expected)
		unit_fail(file, line, "is %lld, expected %lld", is, expected);
}

void unit_check_contains(const char *file, int line, const char *text, const char *part)
{
	if (!strstr(text, part))
		unit_fail(file, line, "\"%s\" does not have \"%s\" in it", text, part);
}

const char *unit_source_path(const char *relative)
{
	static char path[4096];
	const char *top = getenv("CTR_SRCDIR");

	snprintf(path, sizeof(path), "%s/%s", top ? top : ".", relative);
	return path;
}

static char *read_whole(const char *path)
{
	FILE *stream = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;
	ssize_t length;

	if (!stream)
		return NULL;
	length = getdelim(&text, &room, '\0', stream);
	fclose(stream);
	if (length < 0) {
		free(text);
		return strdup("");
	}
	return text;
}

void unit_check_golden(const char *file, int line, const char *text, const char *name)
{
	char path[4096 + 64];
	char *expected;
	bool same;

	snprintf(path, sizeof(path), "%s", unit_source_path("tests/unit/golden/"));
	strncat(path, name, sizeof(path) - strlen(path) - 1);
	if (getenv("UNIT_UPDATE")) {
		FILE *stream = fopen(path, "we");

		if (!stream || fputs(text, stream) < 0 || fclose(stream))
			unit_fail(file, line, "%s: %s", path, strerror(errno));
		return;
	}
	expected = read_whole(path);
	if (!expected)
		unit_fail(file, line, "%s: %s", path, strerror(errno));
	same = !strcmp(expected, text);
	free(expected);
	if (!same)
		unit_fail(file, line, "differs from %s, is:\n%s", path, text);
}

static void print_diagnostic(void)
{
	for (char *line = strtok(message, "\n"); line; line = strtok(NULL, "\n"))
		printf("# %s\n", line);
}

int main(int argc, char **argv)
{
	int count = 0;
	volatile int number = 0, failed = 0;

	for (struct unit_test *test = first; test; test = test->next)
		count++;
	if (argc == 1)
		printf("1..%d\n", count);
	for (struct unit_test *volatile test = first; test; test = test->next) {
		bool chosen = argc == 1;

		for (int i = 1; i < argc; i++)
			chosen |= !strcmp(argv[i], test->name);
		if (!chosen)
			continue;
		number++;
		switch (setjmp(escape)) {
		case PASSED:
			test->run();
			printf("ok %d %s\n", number, test->name);
			break;
		case FAILED:
			printf("not ok %d %s\n", number, test->name);
			print_diagnostic();
			failed++;
			break;
		case SKIPPED:
			printf("ok %d %s # SKIP %s\n", number, test->name, message);
			break;
		}
		fflush(stdout);
	}
	return failed ? 1 : 0;
}
