/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into the test builds of the programs (tests/fault/ctr, tests/fault/ctr-image), this fails
 * or kills them behind the step that the environment names:
 *	CTR_FAIL_STEP=NAME	the step fails with EIO
 *	CTR_KILL_STEP=NAME	the process that does the step gets SIGKILL
 * and with NAME:N at the N-th time, for steps and points (step_point()) that come again and again.
 * "Behind" means that what the step does has been done: the worst moment for whoever cleans up.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/step.h"

static struct target {
	const char *name; /* NULL: none */
	size_t length;
	bool once; /* at the turn that this counts down to; else every time */
	long turns;
} to_fail, to_die;

static bool is_hit(struct target *target, const char *name)
{
	if (!target->name || strlen(name) != target->length ||
	    strncmp(name, target->name, target->length) != 0)
		return false;
	return !target->once || --target->turns == 0;
}

static int inject(const char *name, struct error *err)
{
	if (is_hit(&to_die, name)) {
		raise(SIGKILL);
		__builtin_trap(); /* the first process of a namespace ignores its own signals */
	}
	if (is_hit(&to_fail, name))
		return fail(err, EIO, "%s: injected", name);
	return 0;
}

static void read_target(const char *variable, struct target *target)
{
	const char *colon;

	target->name = getenv(variable);
	if (!target->name)
		return;
	colon = strrchr(target->name, ':');
	/* "init: begin" is a name */
	if (colon && (colon[1] < '0' || colon[1] > '9'))
		colon = NULL;
	target->length = colon ? (size_t)(colon - target->name) : strlen(target->name);
	target->once = colon;
	target->turns = colon ? strtol(colon + 1, NULL, 10) : 0;
}

/* The environment is read here: a child may run the steps when it is no longer ours. */
__attribute__((constructor)) static void fault_setup(void)
{
	read_target("CTR_FAIL_STEP", &to_fail);
	read_target("CTR_KILL_STEP", &to_die);
	if (to_fail.name || to_die.name)
		step_fault = inject;
}
