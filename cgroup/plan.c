/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/path.h"
#include "cgroup/cgroup.h"

bool cgroup_plan_needs_own(const struct spec_linux *linux_)
{
	return linux_ && linux_->cgroups_path && linux_->cgroups_path[0] != '/' &&
	       linux_->cgroups_path[0];
}

/* Our own cgroup has processes (us), so the one above it is where cgroups with limits can be. */
static int place_relative(struct arena *arena, const char *path, const char *own,
			  const char **result, struct error *err)
{
	const char *slash = own ? strrchr(own, '/') : NULL;

	if (!slash || path_has_dot_dot(own))
		return fail(
			err, EINVAL,
			"linux.cgroupsPath: '%s' is relative, and the cgroup of ctr itself (%s) "
			"is outside of what can be seen here",
			path, own ? own : "unknown");
	*result = arena_printf(arena, "%.*s/%s", (int)(slash - own), own, path);
	return 0;
}

static int plan_path(struct arena *arena, const struct spec_linux *linux_, const char *id,
		     const char *own, const char **result, struct error *err)
{
	const char *path = linux_ ? linux_->cgroups_path : NULL;

	if (!path || !*path) {
		*result = arena_printf(arena, "/ctr/%s", id);
		return 0;
	}
	if (path_has_dot_dot(path))
		return fail(err, EINVAL, "linux.cgroupsPath: '%s' has '..' in it", path);
	if (strchr(path, '\n'))
		return fail(err, EINVAL, "linux.cgroupsPath: has a line break in it");
	if (cgroup_plan_needs_own(linux_) && place_relative(arena, path, own, &path, err) < 0)
		return -1;
	*result = path_clean(arena, path);
	if (strcmp(*result, "/") == 0)
		return fail(err, EINVAL, "linux.cgroupsPath: '%s' is the root of all cgroups",
			    linux_->cgroups_path);
	return 0;
}

static int plan_resources(struct arena *arena, const struct spec_linux *linux_,
			  struct cgroup_plan *plan, struct error *err)
{
	const struct spec_resources *resources = linux_ ? linux_->resources : NULL;

	if (limits_plan(arena, resources, &plan->limits, err) < 0)
		return -1;
	if (!resources)
		return 0;
	return device_program_plan(arena, resources->devices.items, resources->devices.count,
				   &plan->devices, err);
}

int cgroup_plan_beside(struct arena *arena, const char *id, const char *own,
		       struct cgroup_plan *plan, struct error *err)
{
	return place_relative(arena, arena_printf(arena, "ctr/%s", id), own, &plan->path, err);
}

const char *cgroup_plan_limit(const struct cgroup_plan *plan)
{
	return plan->limits.count ? plan->limits.items[0].member : NULL;
}

int cgroup_plan(struct arena *arena, const struct spec_linux *linux_, const char *id,
		const char *own, struct cgroup_plan *plan, struct error *err)
{
	*plan = (struct cgroup_plan){
		.chosen = !linux_ || !linux_->cgroups_path || !linux_->cgroups_path[0],
	};
	if (plan_path(arena, linux_, id, own, &plan->path, err) < 0)
		return -1;
	return plan_resources(arena, linux_, plan, err);
}

int cgroup_plan_unit(struct arena *arena, const struct spec_linux *linux_, const char *id,
		     const struct systemd_options *options, struct cgroup_plan *plan,
		     struct error *err)
{
	struct systemd_plan *unit = arena_new(arena, struct systemd_plan);

	*plan = (struct cgroup_plan){ .systemd = unit };
	if (plan_resources(arena, linux_, plan, err) < 0)
		return -1;
	systemd_adapt_limits(arena, &plan->limits);
	if (systemd_plan(arena, linux_, id, &plan->limits, options, unit, err) < 0)
		return -1;
	plan->path = systemd_process_cgroup(arena, unit, unit->cgroup);
	return 0;
}

char *cgroup_plan_print(struct arena *arena, const struct cgroup_plan *plan)
{
	char *text = arena_printf(arena, "%scgroup %s\ncontrollers",
				  plan->systemd ? systemd_plan_print(arena, plan->systemd) : "",
				  plan->path);

	for (size_t i = 0; i < CONTROLLER_COUNT; i++)
		if (plan->limits.controllers & UINT32_C(1) << i)
			text = arena_printf(arena, "%s %s", text,
					    controller_name((enum controller)i));
	text = arena_printf(arena, "%s%s\n%s", text, plan->limits.controllers ? "" : " none",
			    limits_print(arena, &plan->limits));
	if (plan->delegate)
		text = arena_printf(arena, "%sdelegates %s\n", text, plan->delegate);
	if (plan->owner.set)
		text = arena_printf(arena, "%sowner %" PRIu64 "\n", text, plan->owner.value);
	if (!plan->devices.instructions)
		return arena_printf(arena, "%sdevices all\n", text);
	return arena_printf(arena, "%sdevices by a program of %zu instructions\n%s", text,
			    plan->devices.count, device_program_print(arena, &plan->devices));
}
