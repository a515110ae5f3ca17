/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch_resctrl.h"

#include "cgroup/resctrl.h"

int launch_resctrl_make(struct launch *launch, struct error *err)
{
	const struct resctrl_plan *plan = &launch->plan->resctrl;
	char *mount;

	if (!plan->wanted)
		return 0;
	if (resctrl_find(launch->arena, &mount, err) < 0)
		return -1;
	return resctrl_apply(launch->arena, plan, mount, &launch->state->resctrl, err);
}

int launch_resctrl_enter(struct launch *launch, struct error *err)
{
	struct resctrl_groups *groups = &launch->state->resctrl;

	if (!launch->plan->resctrl.wanted)
		return 0;
	if (resctrl_enter(groups, launch->pid, err) < 0)
		return -1;
	/* a class that we made for several stays when this one goes: others may be in it by then */
	groups->remove_group = launch->plan->resctrl.own;
	return 0;
}

int launch_resctrl_remove(struct launch *launch, struct error *err)
{
	return resctrl_remove(&launch->state->resctrl, err);
}
