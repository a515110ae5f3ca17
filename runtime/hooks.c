/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hooks.h"

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

int hooks_plan(struct arena *arena, struct spec_hook_list *hooks, const char *kind,
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
			hook->env.items = arena_array(arena, char *, 1);
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

static int run_hook(const struct spec_hook_list *hooks, size_t index, const struct hooks_run *run,
		    struct error *err)
{
	const struct spec_hook *hook = &hooks->items[index];
	cleanup_fd int state = open_state(run->state, err);
	struct spawn spawn = {
		.path = hook->path,
		.argv = hook->args.items,
		.env = hook->env.items,
		.input = state,
		.output = run->output,
		.error = run->output,
		.directory = run->directory,
		.timeout = hook->timeout.set ? hook->timeout.value * 1000 : -1,
	};

	if (state < 0 || spawn_run(&spawn, err) < 0)
		return fail_in(err, "error running %s hook #%zu", run->kind, index);
	return 0;
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
