/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "base/macro.h"
#include "runtime/spawn.h"
#include "tests/unit/unit.h"

static struct arena arena;
static struct error err;
static char said[4096];

/* Runs the shell scripts as hooks with state on their stdin; what they print is in said. */
static int run(struct spec_hook *items, size_t count, const char *state)
{
	struct spec_hook_list hooks = { .items = items, .count = count };
	struct hooks_run how = { .kind = "createRuntime", .state = state, .directory = -1 };
	ssize_t length;
	int result;

	how.output.out = memfd_create("said", MFD_CLOEXEC);
	how.output.error = how.output.out;
	CHECK(how.output.out >= 0);
	CHECK(hooks_plan(&arena, &hooks, "createRuntime", NULL, &err) == 0);
	result = hooks_run(&hooks, &how, &err);
	length = pread(how.output.out, said, sizeof(said) - 1, 0);
	said[length < 0 ? 0 : length] = '\0';
	close(how.output.out);
	return result;
}

#define SHELL(script)                                                                              \
	{                                                                                          \
		.path = "/bin/sh",                                                                 \
		.args = {                                                                          \
			.items = (char *[]){ "sh", "-c", script, NULL },                           \
			.count = 3,                                                                \
		},                                                                                 \
	}

TEST(hooks_get_the_state_on_stdin_each_from_its_beginning)
{
	struct spec_hook hooks[] = { SHELL("cat; echo"), SHELL("cat /dev/stdin") };

	CHECK(run(hooks, 2, "{\"id\":\"web\"}") == 0);
	CHECK_STRING(said, "{\"id\":\"web\"}\n{\"id\":\"web\"}");
	arena_free(&arena);
}

TEST(hooks_have_only_the_environment_and_the_arguments_of_the_spec)
{
	struct spec_hook hooks[] = {
		{ .path = "/usr/bin/env",
		  .env = { .items = (char *[]){ "A=1", "B=two words", NULL }, .count = 2 } },
		SHELL("echo $0 $*"),
	};

	CHECK(run(hooks, 2, "") == 0);
	CHECK_STRING(said, "A=1\nB=two words\nsh\n");
	arena_free(&arena);
}

TEST(hooks_without_an_environment_have_ctrs)
{
	struct spec_hook hooks[] = { SHELL("echo $CTR_TEST_CANARY") };

	setenv("CTR_TEST_CANARY", "sings", 1);
	CHECK(run(hooks, 1, "") == 0);
	unsetenv("CTR_TEST_CANARY");
	CHECK_STRING(said, "sings\n");
	arena_free(&arena);
}

TEST(hooks_have_no_descriptor_but_the_standard_ones)
{
	struct spec_hook hooks[] = { SHELL("cd /proc/self/fd; echo *") };
	int leaked = open("/dev/null", O_RDONLY);

	CHECK(fcntl(leaked, F_DUPFD, 40) == 40);
	CHECK(run(hooks, 1, "") == 0);
	close(leaked);
	close(40);
	/* One is the shell's own look at the folder. */
	CHECK(!strncmp(said, "0 1 2", 5) && !strstr(said, "40") && strlen(said) <= 8);
	arena_free(&arena);
}

TEST(hooks_start_with_default_signals)
{
	struct spec_hook hooks[] = { SHELL("grep -E 'SigBlk|SigIgn' /proc/self/status") };
	sigset_t all, before;

	signal(SIGPIPE, SIG_IGN);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	CHECK(run(hooks, 1, "") == 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	signal(SIGPIPE, SIG_DFL);
	CHECK_STRING(said, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	arena_free(&arena);
}

TEST(hooks_stop_at_the_first_that_fails)
{
	struct spec_hook hooks[] = { SHELL("echo a"), SHELL("exit 3"), SHELL("echo c") };

	CHECK(run(hooks, 3, "") == -1);
	CHECK_STRING(err.text, "error running createRuntime hook #1: exit status 3");
	CHECK_STRING(said, "a\n");
	arena_free(&arena);
}

TEST(hooks_error_names_the_signal_and_the_missing_program)
{
	struct spec_hook killed[] = { SHELL("kill -9 $$") };
	struct spec_hook missing[] = { { .path = "/no/such/hook" } };

	CHECK(run(killed, 1, "") == -1);
	CHECK_STRING(err.text, "error running createRuntime hook #0: killed by signal 9");
	CHECK(run(missing, 1, "") == -1);
	CHECK_STRING(err.text, "error running createRuntime hook #0: exec /no/such/hook: "
			       "No such file or directory");
	CHECK_INT(err.errnum, ENOENT);
	arena_free(&arena);
}

TEST(hooks_over_their_time_are_killed_with_their_children)
{
	struct spec_hook hooks[] = { SHELL("sleep 30 & echo $!; wait") };
	struct timespec begin, end;
	char path[64], state[64] = "";
	FILE *stat;

	hooks[0].timeout = (struct opt_int){ .set = true, .value = 1 };
	clock_gettime(CLOCK_MONOTONIC, &begin);
	CHECK(run(hooks, 1, "") == -1);
	clock_gettime(CLOCK_MONOTONIC, &end);
	CHECK_STRING(err.text, "error running createRuntime hook #0: timed out after 1000 ms");
	CHECK(end.tv_sec - begin.tv_sec < 10);
	CHECK(atoi(said) > 0);
	snprintf(path, sizeof(path), "/proc/%d/stat", atoi(said));
	stat = fopen(path, "re");
	/* Gone, or dead and not yet reaped by whoever inherited it. */
	if (stat) {
		usleep(100000);
		rewind(stat);
		if (fscanf(stat, "%*d %*s %63s", state) == 1)
			CHECK_STRING(state, "Z");
		fclose(stat);
	}
	arena_free(&arena);
}

TEST(hooks_that_leave_their_stdin_alone_do_no_harm)
{
	struct spec_hook hooks[] = { SHELL("true") };
	static char big[300000];

	memset(big, 'x', sizeof(big) - 1);
	CHECK(run(hooks, 1, big) == 0);
	arena_free(&arena);
}

TEST(hooks_that_must_not_fail_late_are_refused_in_the_plan)
{
	struct spec_hook hook = { .path = "bin/true" };
	struct spec_hook_list hooks = { .items = &hook, .count = 1 };

	CHECK(hooks_plan(&arena, &hooks, "poststop", NULL, &err) == -1);
	CHECK_STRING(err.text, "hooks.poststop[0].path: absolute path expected, found 'bin/true'");
	hook.path = NULL;
	CHECK(hooks_plan(&arena, &hooks, "poststop", NULL, &err) == -1);
	hook.path = "/bin/true";
	hook.timeout = (struct opt_int){ .set = true, .value = 0 };
	CHECK(hooks_plan(&arena, &hooks, "poststop", NULL, &err) == -1);
	CHECK_CONTAINS(err.text, "hooks.poststop[0].timeout");
	hook.timeout.value = -1;
	CHECK(hooks_plan(&arena, &hooks, "poststop", NULL, &err) == -1);
	arena_free(&arena);
}

TEST(hooks_that_may_fail_all_run)
{
	struct spec_hook items[] = { SHELL("echo a; exit 1"), SHELL("echo b") };
	struct spec_hook_list hooks = { .items = items, .count = 2 };
	struct hooks_run how = { .kind = "poststop", .state = "", .directory = -1 };

	how.output.out = memfd_create("said", MFD_CLOEXEC);
	how.output.error = how.output.out;
	CHECK(hooks_plan(&arena, &hooks, "poststop", NULL, &err) == 0);
	hooks_run_all(&hooks, &how);
	CHECK(pread(how.output.out, said, sizeof(said), 0) == 4);
	close(how.output.out);
	arena_free(&arena);
}

TEST(spawn_with_closed_standard_streams_still_runs)
{
	static char *const argv[] = { "sh", "-c", "exit 4", NULL }, *const env[] = { NULL };
	struct spawn spawn = { .path = "/bin/sh",
			       .argv = argv,
			       .env = env,
			       .input = -1,
			       .output = -1,
			       .error = -1,
			       .directory = -1,
			       .timeout = -1 };
	int copy = dup(0);

	close(0);
	CHECK(spawn_run(&spawn, &err) == -1);
	dup2(copy, 0);
	close(copy);
	CHECK_STRING(err.text, "exit status 4");
}
