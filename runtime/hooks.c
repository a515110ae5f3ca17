/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hooks.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "runtime/spawn.h"

/* A day: keeps the sum with the clock, and poll's milliseconds, far from an overflow. */
#define MAX_TIMEOUT 86400

/* How much of what a hook says on standard error becomes part of the error. */
#define WORDS_SIZE 256

int hooks_plan(struct arena *arena, struct spec_hook_list *hooks, const char *kind, char **env,
	       struct error *err)
{
	for (size_t i = 0; i < hooks->count; i++) {
		struct spec_hook *hook = &hooks->items[i];

		if (!hook->path || hook->path[0] != '/')
			return fail(err, EINVAL, "hooks.%s[%zu].path: absolute path expected%s%s%s",
				    kind, i, hook->path ? ", found '" : "",
				    hook->path ? hook->path : "", hook->path ? "'" : "");
		if (hook->timeout.set &&
		    (hook->timeout.value <= 0 || hook->timeout.value > MAX_TIMEOUT))
			return fail(err, ERANGE, "hooks.%s[%zu].timeout: %lld is not from 1 to %d",
				    kind, i, (long long)hook->timeout.value, MAX_TIMEOUT);
		if (!hook->args.count) {
			hook->args.items = arena_array(arena, char *, 2);
			hook->args.items[0] = hook->path;
			hook->args.count = 1;
		}
		if (!hook->env.items)
			hook->env.items = env;
	}
	return 0;
}

/*
 * The state as a file: needs no writer beside the hook that could block on one that does not
 * read, and cannot end in SIGPIPE. Every hook gets its own, at offset 0.
 */
static int open_state(const char *state, struct error *err)
{
	cleanup_fd int fd = memfd_create("ctr-state", MFD_CLOEXEC);

	if (fd < 0)
		return fail_errno(err, "memfd_create");
	if (write_all(fd, state, strlen(state), err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail_errno(err, "lseek");
	return take_fd(&fd);
}

/* The last words of a hook that has failed, behind the error. */
static void add_words(int words, struct error *err)
{
	char text[WORDS_SIZE + 1];
	struct error failure = *err;
	off_t size = lseek(words, 0, SEEK_END);
	ssize_t length = pread(words, text, WORDS_SIZE, size > WORDS_SIZE ? size - WORDS_SIZE : 0);

	while (length > 0 && isspace((unsigned char)text[length - 1]))
		length--;
	if (length <= 0)
		return;
	for (ssize_t i = 0; i < length; i++)
		if (iscntrl((unsigned char)text[i]))
			text[i] = ' ';
	text[length] = '\0';
	fail(err, failure.errnum, "%s: %s", failure.text, text);
}

/* What a hook has said that did not fail. */
static void pass_words(int words, int output)
{
	char text[WORDS_SIZE];
	struct error ignored;
	ssize_t length;

	lseek(words, 0, SEEK_SET);
	while ((length = read(words, text, sizeof(text))) > 0)
		if (write_all(output < 0 ? STDERR_FILENO : output, text, (size_t)length, &ignored) <
		    0)
			return;
}

/*
 * Standard error goes to a file of its own, not to a pipe: that can neither fill up nor be held
 * open by what the hook leaves behind.
 */
static int run_hook(const struct spec_hook_list *hooks, size_t index, const struct hooks_run *run,
		    struct error *err)
{
	const struct spec_hook *hook = &hooks->items[index];
	cleanup_fd int state = open_state(run->state, err);
	cleanup_fd int words = memfd_create("ctr-hook", MFD_CLOEXEC);
	struct spawn spawn = {
		.path = hook->path,
		.argv = hook->args.items,
		.env = hook->env.items ? hook->env.items : environ,
		.input = state,
		.output = run->output.out,
		.error = words < 0 ? run->output.error : words,
		.directory = run->directory,
		.timeout = hook->timeout.set ? hook->timeout.value * 1000 : -1,
	};
	int result = state < 0 ? -1 : spawn_run(&spawn, err);

	if (words >= 0 && (result == 0 || run->output.error >= 0))
		pass_words(words, run->output.error);
	if (words >= 0 && result < 0)
		add_words(words, err);
	return result < 0 ? fail_in(err, "error running %s hook #%zu", run->kind, index) : 0;
}

int hooks_run(const struct spec_hook_list *hooks, const struct hooks_run *run, struct error *err)
{
	for (size_t i = 0; i < hooks->count; i++)
		if (run_hook(hooks, i, run, err) < 0)
			return -1;
	return 0;
}

void hooks_run_all(const struct spec_hook_list *hooks, const struct hooks_run *run)
{
	struct error err;

	for (size_t i = 0; i < hooks->count; i++)
		if (run_hook(hooks, i, run, &err) < 0)
			log_warning("%s", err.text);
}
