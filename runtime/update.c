/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/update.h"

#include <errno.h>

#include "base/file.h"
#include "base/log.h"
#include "cgroup/cgroup.h"
#include "cgroup/resctrl.h"
#include "cgroup/systemd_unit.h"
#include "runtime/container.h"
#include "runtime/plan.h"

#define ALIVE (1U << STATUS_CREATED | 1U << STATUS_RUNNING | 1U << STATUS_PAUSED)

/* memory.swap.max is the difference of both. No limit on memory leaves none on swap, as in v1. */
static void complete_memory(struct spec_memory *memory, const struct spec_memory *before)
{
	if (memory->limit.set && memory->limit.value > 0 && !memory->swap.set)
		memory->swap = before->swap;
	if (memory->swap.set && memory->swap.value > 0 && !memory->limit.set)
		memory->limit = before->limit;
}

/* cpu.max has both; a group that is idle refuses a weight, so a new weight ends that. */
static void complete_cpu(struct spec_cpu *cpu, const struct spec_cpu *before)
{
	bool was_idle = before->idle.value != 0;

	if (cpu->quota.set && cpu->quota.value == 0 && before->quota.value > 0)
		cpu->quota.value = -1;
	if (cpu->quota.set && !cpu->period.set)
		cpu->period = before->period;
	if (cpu->period.set && !cpu->quota.set)
		cpu->quota = before->quota;
	if (cpu->shares.value && was_idle && !cpu->idle.set)
		cpu->idle = (struct opt_int){ .set = true };
	if (was_idle && cpu->idle.value != 0)
		cpu->shares = (struct opt_uint){ 0 };
}

/* A copy of the change with what else its limits are made of. */
static void complete(struct arena *arena, const struct spec_resources *before,
		     bool zero_pids_is_limit, struct spec_resources *change)
{
	if (change->memory) {
		struct spec_memory *memory = arena_new(arena, struct spec_memory);

		*memory = *change->memory;
		if (before->memory)
			complete_memory(memory, before->memory);
		change->memory = memory;
	}
	if (change->cpu) {
		struct spec_cpu *cpu = arena_new(arena, struct spec_cpu);

		*cpu = *change->cpu;
		if (before->cpu)
			complete_cpu(cpu, before->cpu);
		change->cpu = cpu;
	}
	if (change->pids && change->pids->limit.set && change->pids->limit.value == 0 &&
	    !zero_pids_is_limit) {
		change->pids = arena_new(arena, struct spec_pids);
		change->pids->limit = (struct opt_int){ .set = true, .value = -1 };
	}
}

/* By their texts: a text is decoded over what is there. */
static int merge(struct arena *arena, const struct spec_resources *before,
		 const struct spec_resources *change, struct spec_resources *all, struct error *err)
{
	const struct spec_resources *const parts[] = { before, change };

	*all = (struct spec_resources){ 0 };
	for (int i = 0; i < 2; i++) {
		size_t size;
		const char *text = spec_resources_encode(arena, parts[i], &size);

		if (spec_resources_decode(arena, "linux.resources", text, size, all, err) < 0)
			return -1;
	}
	/* asked for at one update, not at all that follow */
	if (all->memory)
		all->memory->check_before_update = (struct opt_bool){ 0 };
	return 0;
}

int update_plan(struct arena *arena, const struct spec_resources *before,
		const struct spec_resources *change, bool zero_pids_is_limit,
		struct update_plan *plan, struct error *err)
{
	struct spec_resources completed = *change;

	*plan = (struct update_plan){ .has_devices = change->devices.count > 0 };
	complete(arena, before, zero_pids_is_limit, &completed);
	if (limits_plan(arena, &completed, &plan->limits, err) < 0)
		return -1;
	if (device_program_plan(arena, change->devices.items, change->devices.count, &plan->devices,
				err) < 0)
		return -1;
	return merge(arena, before, &completed, &plan->resources, err);
}

/*
 * systemd writes the files too, some by rules of its own, so they are written once more. Its view
 * comes second: the kernel refuses what makes no sense, and sets back what it took before.
 */
static int tell_systemd(struct arena *arena, const struct handle *handle,
			const struct cgroup_host *host, const struct update_plan *plan,
			struct error *err)
{
	const struct state *state = &handle->state;
	struct limits limits = plan->limits;
	struct string_list properties = { 0 };

	systemd_limit_properties(arena, &limits, &properties);
	if (plan->has_devices &&
	    systemd_device_properties(arena, &plan->resources, &properties, err) < 0)
		return -1;
	if (properties.count == 0)
		return 0;
	if (systemd_unit_set(arena, state->systemd_unit, state->systemd_user, &properties, err) < 0)
		return fail_in(err, "the limits hold until systemd is reloaded");
	limits.memory_check = 0;
	return cgroup_update(host, state->cgroup, &limits, NULL, err);
}

int update_apply(struct arena *arena, const struct handle *handle, const struct update_plan *plan,
		 struct error *err)
{
	struct cgroup_host host;
	int result;

	if (!handle->state.cgroup)
		return fail(err, ENOENT, "the container has no cgroup (--cgroup-manager=disabled)");
	if (cgroup_host_open(arena, &host, err) < 0)
		return -1;
	result = cgroup_update(&host, handle->state.cgroup, &plan->limits,
			       plan->has_devices ? &plan->devices : NULL, err);
	if (result == 0 && handle->state.systemd_unit)
		result = tell_systemd(arena, handle, &host, plan, err);
	cgroup_host_close(&host);
	return result;
}

int update_read(struct arena *arena, const struct handle *handle, struct spec_resources *resources,
		struct error *err)
{
	struct spec spec;
	char *text;
	size_t size;

	*resources = (struct spec_resources){ 0 };
	if (file_read_at(handle->dir, RESOURCES_FILE, SPEC_MAX_SIZE, arena, &text, &size, err) == 0)
		return spec_resources_decode(arena, RESOURCES_FILE, text, size, resources, err);
	if (err->errnum != ENOENT || handle_read_spec(arena, handle, &spec, err) < 0)
		return -1;
	if (spec.linux && spec.linux->resources)
		*resources = *spec.linux->resources;
	return 0;
}

static int remember(struct arena *arena, const struct handle *handle,
		    const struct spec_resources *resources, struct error *err)
{
	size_t size;
	const char *text = spec_resources_encode(arena, resources, &size);

	if (file_replace_at(handle->dir, RESOURCES_FILE, text, size, 0600, false, err) < 0)
		return fail_in(err, "the limits hold, but could not be recorded");
	return 0;
}

static int update(struct arena *arena, const struct handle *handle,
		  const struct spec_resources *change, const struct spec_intel_rdt *intel_rdt,
		  struct error *err)
{
	const struct resctrl_groups *groups = &handle->state.resctrl;
	char *former_schemata = NULL;
	struct spec_resources before;
	struct resctrl_plan resctrl;
	struct update_plan plan;
	struct error other;

	if (update_read(arena, handle, &before, err) < 0 ||
	    update_plan(arena, &before, change, plan_zero_pids_is_limit(handle->state.oci_version),
			&plan, err) < 0 ||
	    resctrl_plan(arena, intel_rdt, handle->state.id, &resctrl, err) < 0)
		return -1;
	if (handle->state.systemd_unit)
		systemd_adapt_limits(arena, &plan.limits);
	if (resctrl.schemata &&
	    resctrl_change(arena, groups, resctrl.schemata, &former_schemata, err) < 0)
		return -1;
	if (update_apply(arena, handle, &plan, err) < 0) {
		if (former_schemata &&
		    resctrl_change(arena, groups, former_schemata, &former_schemata, &other) < 0)
			log_warning("update: set the schemata back: %s", other.text);
		return -1;
	}
	return remember(arena, handle, &plan.resources, err);
}

int container_update(const struct settings *settings, const char *id,
		     const struct spec_resources *change, const struct spec_intel_rdt *intel_rdt,
		     struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_handle struct handle handle = HANDLE_NONE;

	if (handle_open(settings, id, HANDLE_LOCK, &arena, &handle, err) < 0 ||
	    handle_allow(&handle, "update", ALIVE, err) < 0)
		return -1;
	return update(&arena, &handle, change, intel_rdt, err) < 0 ? fail_in(err, "%s", id) : 0;
}
