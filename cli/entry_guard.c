/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/entry.h"

#include <fcntl.h>
#include <stdbool.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "base/macro.h"
#include "base/program.h"
#include "base/sys.h"
#include "runtime/guard.h"

/* More than usual; with a longer environment or path guard_self() does all. */
#define VARIABLES_MAX 192
#define PATH_SIZE 1024

#define OWN_FILE "/proc/self/exe"

/* The verbs with COMMAND_GUARD: tests/lint compares. No pointers: see entry.h. */
static const char verbs[][8] = { "run", "create", "exec", "try", "clone" };

static ENTRY_CODE bool is_same(const char *text, const char *other)
{
	while (*text && *text == *other) {
		text++, other++;
		ENTRY_OPAQUE(text);
	}
	return *text == *other;
}

/*
 * One word is enough, wherever it stands. What was no verb costs one execution too much, and what
 * was overlooked guard_self() finds.
 */
static ENTRY_CODE bool is_guarded(char **argv)
{
	if (!argv[0])
		return false;
	for (char **word = argv + 1; *word; word++)
		for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
			if (is_same(*word, verbs[i]))
				return true;
	return false;
}

/* Writes NAME=, and the path of the program's file. False if it has none, or too long a one. */
static ENTRY_CODE bool find_path(char *variable, size_t size)
{
	static const char name[] = PROGRAM_PATH_VARIABLE "=";
	const size_t length = sizeof(name) - 1;
	long got;

	for (size_t i = 0; i < length; i++) {
		variable[i] = name[i];
		ENTRY_OPAQUE(i);
	}
	got = entry_call(SYS_readlinkat, AT_FDCWD, (long)OWN_FILE, (long)(variable + length),
			 (long)(size - length), 0);
	if (got <= 1 || (size_t)got >= size - length || variable[length] != '/')
		return false;
	/* "/usr/bin/ctr (deleted)" */
	if (variable[length + (size_t)got - 1] == ')')
		return false;
	variable[length + (size_t)got] = '\0';
	return true;
}

static ENTRY_CODE bool is_variable(const char *text, const char *variable)
{
	while (*text == *variable && *text != '=') {
		text++, variable++;
		ENTRY_OPAQUE(text);
	}
	return *text == '=' && *variable == '=';
}

/* The environment with variable in it. False if it is too large. */
static ENTRY_CODE bool add_variable(char **result, size_t size, char **envp, char *variable)
{
	size_t count = 0;

	result[count++] = variable;
	for (; *envp; envp++) {
		if (is_variable(*envp, variable))
			continue;
		if (count + 1 == size)
			return false;
		result[count++] = *envp;
		ENTRY_OPAQUE(count);
	}
	result[count] = NULL;
	return true;
}

static ENTRY_CODE void execute_read_only(const struct entry_stack *stack)
{
	struct mount_attr attr = { .attr_set = MOUNT_ATTR_RDONLY };
	char variable[PATH_SIZE], *environment[VARIABLES_MAX];
	long clone;

	if (!find_path(variable, sizeof(variable)) ||
	    !add_variable(environment, ARRAY_SIZE(environment), stack->envp, variable))
		return;
	clone = entry_call(SYS_open_tree, AT_FDCWD, (long)OWN_FILE,
			   OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC, 0, 0);
	if (clone < 0)
		return;
	if (entry_call(SYS_mount_setattr, clone, (long)"", AT_EMPTY_PATH, (long)&attr,
		       sizeof(attr)) >= 0)
		entry_call(SYS_execveat, clone, (long)"", (long)stack->argv, (long)environment,
			   AT_EMPTY_PATH);
	entry_call(SYS_close, clone, 0, 0, 0, 0);
}

void ENTRY_CODE entry_guard(const struct entry_stack *stack)
{
	struct statfs status;

	/* an ordinary user enters a namespace before */
	if (stack->user || stack->secure || !is_guarded(stack->argv) ||
	    entry_call(SYS_statfs, (long)OWN_FILE, (long)&status, 0, 0, 0) < 0)
		return;
	/* of the mount or of the file system, and of the mount that the file was executed from */
	if (status.f_flags & ST_RDONLY)
		guard_is_seen = true;
	else
		execute_read_only(stack);
}
