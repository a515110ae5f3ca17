/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/layer_fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/diff.h"
#include "tests/unit/unit.h"

static char directory[256];
static unsigned number;

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "fixture: %s: %s\n", what, strerror(errno));
	abort();
}

static void remove_all(void)
{
	struct error err;

	if (chdir("/") < 0 || remove_tree_at(AT_FDCWD, directory, &err) < 0)
		fprintf(stderr, "fixture: cannot remove %s\n", directory);
}

void fixture_begin(void)
{
	unit_need_openat2();
	char name[32];

	if (!directory[0]) {
		const char *base = getenv("TMPDIR");

		snprintf(directory, sizeof(directory), "%s/ctr-unit-XXXXXX", base ? base : "/tmp");
		if (!mkdtemp(directory))
			die(directory);
		atexit(remove_all);
		umask(022);
	}
	snprintf(name, sizeof(name), "%u", number++);
	if (chdir(directory) < 0 || mkdir(name, 0755) < 0 || chdir(name) < 0)
		die(name);
}

void make_dir(const char *path)
{
	char parts[8192];

	snprintf(parts, sizeof(parts), "%s/", path);
	for (char *slash = strchr(parts + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(parts, 0755) < 0 && errno != EEXIST)
			die(parts);
		*slash = '/';
	}
}

static void make_parents(const char *path)
{
	char parts[8192];
	char *slash;

	snprintf(parts, sizeof(parts), "%s", path);
	slash = strrchr(parts, '/');
	if (slash) {
		*slash = '\0';
		make_dir(parts);
	}
}

void make_file(const char *path, const char *text)
{
	struct timespec times[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000, .tv_nsec = 123 } };
	FILE *stream;

	make_parents(path);
	stream = fopen(path, "we");
	if (!stream || fputs(text, stream) < 0 || fclose(stream))
		die(path);
	utimensat(AT_FDCWD, path, times, 0);
}

void make_whiteout(const char *path)
{
	make_parents(path);
	if (mknod(path, S_IFCHR, makedev(0, 0)) < 0)
		die(path);
}

void set_xattr(const char *path, const char *name, const char *value)
{
	if (lsetxattr(path, name, value, strlen(value), 0) < 0)
		die(name);
}

void need_user_xattrs(void)
{
	bool works;

	make_file("probe", "");
	works = setxattr("probe", "user.probe", "", 0, 0) == 0;
	unlink("probe");
	if (!works)
		unit_skip("no user.* attributes in the temporary directory");
}

void need_root(void)
{
	if (geteuid() != 0)
		unit_skip("not root");
}

struct layer_stack open_layers(const char *upper, const char *lower0, const char *lower1,
			       const char *lower2)
{
	const char *names[] = { lower0, lower1, lower2 };
	struct layer_stack stack = { .user_xattr = true };
	int *lowers = calloc(3, sizeof(int));

	stack.upper = open(upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (size_t i = 0; i < 3 && names[i]; i++)
		lowers[stack.lower_count++] = open(names[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	stack.lowers = lowers;
	return stack;
}

void close_layers(struct layer_stack *stack)
{
	close_fd(&stack->upper);
	for (size_t i = 0; i < stack->lower_count; i++)
		close(stack->lowers[i]);
	free((int *)(uintptr_t)stack->lowers);
}

const char *diff_text(const struct layer_stack *stack)
{
	static char text[65536];
	FILE *stream = fmemopen(text, sizeof(text), "w");
	struct error err;

	memset(text, 0, sizeof(text));
	if (!stream)
		die("fmemopen");
	if (diff_print(stack, DIFF_TEXT, stream, &err) < 0) {
		fclose(stream);
		unit_fail(__FILE__, __LINE__, "diff: %s", err.text);
	}
	fclose(stream);
	return text;
}

__attribute__((format(printf, 2, 0))) static const char *run_args(int *status, const char *format,
								  va_list args)
{
	static char output[65536];
	char command[8192];
	size_t used;
	FILE *pipe;

	vsnprintf(command, sizeof(command), format, args);
	pipe = popen(command, "re");
	if (!pipe)
		die(command);
	used = fread(output, 1, sizeof(output) - 1, pipe);
	output[used] = '\0';
	*status = pclose(pipe);
	*status = WIFEXITED(*status) ? WEXITSTATUS(*status) : 255;
	return output;
}

const char *run(int *status, const char *format, ...)
{
	const char *output;
	va_list args;

	va_start(args, format);
	output = run_args(status, format, args);
	va_end(args);
	return output;
}

const char *run_ok(const char *format, ...)
{
	const char *output;
	va_list args;
	int status;

	va_start(args, format);
	output = run_args(&status, format, args);
	va_end(args);
	if (status == 127)
		unit_skip("a program is not installed");
	if (status != 0)
		unit_fail(__FILE__, __LINE__, "%s: exit status %d: %s", format, status, output);
	return output;
}
