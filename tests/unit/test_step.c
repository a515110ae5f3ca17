/* SPDX-License-Identifier: Apache-2.0 */
#include "base/step.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/macro.h"
#include "tests/unit/unit.h"

/* What the steps have done, a letter each: small for run, capital for undo. */
struct trip {
	char done[64];
	char failing;	   /* the step that fails; 0: none */
	char failing_undo; /* the undo that fails, 0: none */
};

static int note(struct trip *trip, char letter, struct error *err)
{
	trip->done[strlen(trip->done)] = letter;
	if (letter == trip->failing)
		return fail(err, EIO, "step %c", letter);
	if (letter == trip->failing_undo)
		return fail(err, EBUSY, "undo %c", letter);
	return 0;
}

#define STEP(letter, capital)                                                                      \
	static int run_##letter(struct trip *trip, struct error *err)                              \
	{                                                                                          \
		return note(trip, #letter[0], err);                                                \
	}                                                                                          \
	static int undo_##letter(struct trip *trip, struct error *err)                             \
	{                                                                                          \
		return note(trip, #capital[0], err);                                               \
	}
STEP(a, A)
STEP(b, B)
STEP(c, C)

STEPS(trip);
static const struct trip_step steps[] = {
	{ "first", run_a, undo_a },
	{ "only run", run_b, NULL },
	{ "only undo", NULL, undo_b },
	{ "last", run_c, undo_c },
};

static struct error err;

static int run_steps(struct trip *trip)
{
	return trip_run(steps, ARRAY_SIZE(steps), trip, &err);
}

TEST(step_all_run_in_order_and_none_is_undone)
{
	struct trip trip = { 0 };

	CHECK_INT(run_steps(&trip), 0);
	CHECK_STRING(trip.done, "abc");
}

TEST(step_failure_undoes_it_and_all_before_in_reverse)
{
	struct trip trip = { .failing = 'c' };

	CHECK_INT(run_steps(&trip), -1);
	CHECK_STRING(trip.done, "abcCBA");
	CHECK_STRING(err.text, "step c");
}

TEST(step_failure_does_not_undo_what_comes_behind)
{
	struct trip trip = { .failing = 'a' };

	CHECK_INT(run_steps(&trip), -1);
	CHECK_STRING(trip.done, "aA");
}

TEST(step_the_first_error_is_reported_not_that_of_an_undo)
{
	struct trip trip = { .failing = 'c', .failing_undo = 'B' };

	CHECK_INT(run_steps(&trip), -1);
	CHECK_STRING(trip.done, "abcCBA");
	CHECK_INT(err.errnum, EIO);
	CHECK_STRING(err.text, "step c");
}

TEST(step_undo_alone_goes_on_after_failures_and_returns_the_first)
{
	struct trip trip = { .failing_undo = 'C' };

	CHECK_INT(trip_undo(steps, ARRAY_SIZE(steps), &trip, &err), -1);
	CHECK_STRING(trip.done, "CBA");
	CHECK_STRING(err.text, "undo C");
	trip = (struct trip){ 0 };
	CHECK_INT(trip_undo(steps, ARRAY_SIZE(steps), &trip, &err), 0);
	CHECK_STRING(trip.done, "CBA");
}

TEST(step_no_steps_are_no_error)
{
	struct trip trip = { 0 };

	CHECK_INT(trip_run(steps, 0, &trip, &err), 0);
	CHECK_INT(trip_undo(steps, 0, &trip, &err), 0);
	CHECK_STRING(trip.done, "");
}

static int fail_at_only_run(const char *name, struct error *error)
{
	return strcmp(name, "only run") ? 0 : fail(error, ECANCELED, "fault at %s", name);
}

TEST(step_fault_fails_behind_a_step_that_succeeded)
{
	struct trip trip = { 0 };
	int result;

	step_fault = fail_at_only_run;
	result = run_steps(&trip);
	step_fault = NULL;
	CHECK_INT(result, -1);
	CHECK_STRING(trip.done, "abA");
	CHECK_STRING(err.text, "fault at only run");
}

static int fail_at_only_undo(const char *name, struct error *error)
{
	return strcmp(name, "only undo") ? 0 : fail(error, ECANCELED, "fault at %s", name);
}

TEST(step_fault_meets_steps_without_run_too)
{
	struct trip trip = { 0 };
	int result;

	step_fault = fail_at_only_undo;
	result = run_steps(&trip);
	step_fault = NULL;
	CHECK_INT(result, -1);
	CHECK_STRING(trip.done, "abBA");
}

/*
 * Runs the steps with CTR_TRACE=1, which is looked at once in the life of a process, so that a
 * child must do it before anything else has asked. Returns what it wrote to stderr.
 */
static const char *trace(bool broken)
{
	static char text[1024];
	char own[4096];
	int pipe_fds[2], status;
	/* not executed by this link itself, which in valgrind is valgrind's */
	ssize_t length = readlink("/proc/self/exe", own, sizeof(own) - 1), size = 0, got;
	pid_t pid;

	CHECK(length > 0);
	own[length] = '\0';
	CHECK(pipe2(pipe_fds, O_CLOEXEC) == 0);
	pid = fork();
	if (pid == 0) {
		dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), STDOUT_FILENO); /* TAP of its own */
		dup2(pipe_fds[1], STDERR_FILENO);
		if (broken)
			close(STDERR_FILENO);
		setenv("CTR_TRACE", "1", 1);
		execl(own, "test_step", "step_all_run_in_order_and_none_is_undone", NULL);
		_exit(127);
	}
	close(pipe_fds[1]);
	while ((got = read(pipe_fds[0], text + size, sizeof(text) - 1 - (size_t)size)) > 0)
		size += got;
	close(pipe_fds[0]);
	text[size] = '\0';
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK_INT(status, 0);
	return text;
}

TEST(step_trace_prints_the_time_of_each)
{
	const char *text = trace(false);

	CHECK_CONTAINS(text, " ms  first\n");
	CHECK_CONTAINS(text, " ms  only run\n");
	CHECK_CONTAINS(text, " ms  only undo\n");
	CHECK_CONTAINS(text, " ms  last\n");
}

TEST(step_trace_that_nobody_can_read_fails_no_step)
{
	CHECK_STRING(trace(true), "");
}
