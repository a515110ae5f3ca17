/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch_hooks.h"

#include "base/log.h"

int launch_open_hook_output(struct launch *launch, struct error *err)
{
	return hook_output_open(&launch->state->annotations, launch->state->bundle,
				&launch->hook_output, err);
}

int launch_run_hooks(struct launch *launch, struct error *err)
{
	struct plan *plan = launch->plan;
	struct hooks_run run = {
		.kind = "prestart",
		.output = launch->hook_output,
		.directory = -1,
		.state = hook_state_text(&plan->hook_state, STATUS_CREATING, launch->pid),
	};

	launch->hooks_begun = true;
	if (hooks_run(&plan->hooks.prestart, &run, err) < 0)
		return -1;
	run.kind = "createRuntime";
	return hooks_run(&plan->hooks.create_runtime, &run, err);
}

int launch_poststart_hooks(struct launch *launch, struct error *err)
{
	struct plan *plan = launch->plan;
	struct hooks_run run = { .kind = "poststart", .directory = -1 };

	launch->hooks_begun = true;
	if (!plan || !plan->hooks.poststart.count)
		return 0;
	if (launch_open_hook_output(launch, err) < 0)
		log_warning("%s", err->text);
	run.output = launch->hook_output;
	run.state = hook_state_text(&plan->hook_state, STATUS_RUNNING, launch->pid);
	return hooks_run(&plan->hooks.poststart, &run, err);
}

int launch_poststop_hooks(struct launch *launch, struct error *err)
{
	struct plan *plan = launch->plan;
	struct hooks_run run = {
		.kind = "poststop",
		.output = HOOK_OUTPUT_NONE,
		.directory = -1,
		.state = plan ? hook_state_text(&plan->hook_state, STATUS_STOPPED, 0) : NULL,
	};

	if (!plan || !launch->hooks_begun || !plan->hooks.poststop.count)
		return 0;
	if (launch_open_hook_output(launch, err) < 0)
		log_warning("%s", err->text);
	run.output = launch->hook_output;
	hooks_run_all(&plan->hooks.poststop, &run);
	return 0;
}
