/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linked into the test builds of the programs (tests/fault/ctr, tests/fault/ctr-image), this fails
 * or kills them behind the step that the environment names:
 *	CTR_FAIL_STEP=NAME	the step fails with EIO
 *	CTR_KILL_STEP=NAME	the process that does the step gets SIGKILL
 * "Behind" means that what the step does has been done: the worst moment for whoever cleans up.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/step.h"

static const char *step_to_fail, *step_to_die;

static int inject(const char *name, struct error *err)
{
	if (step_to_die && !strcmp(name, step_to_die))
		raise(SIGKILL);
	if (step_to_fail && !strcmp(name, step_to_fail))
		return fail(err, EIO, "%s: injected", name);
	return 0;
}

/* The environment is read here: a child may run the steps when it is no longer ours. */
__attribute__((constructor)) static void fault_setup(void)
{
	step_to_fail = getenv("CTR_FAIL_STEP");
	step_to_die = getenv("CTR_KILL_STEP");
	if (step_to_fail || step_to_die)
		step_fault = inject;
}
