/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/plan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/path.h"

#define DELEGATE "run.oci.delegate-cgroup"

/*
 * The specification does not say what environment a hook has that names none. Those that run in the
 * container have had that of its process from runc ever since.
 */
static int plan_hooks(struct arena *arena, const struct spec *spec, struct plan *plan,
		      struct error *err)
{
	const struct {
		struct spec_hook_list *list;
		const char *kind;
		char **env;
	} kinds[] = {
		{ &plan->hooks.prestart, "prestart" },
		{ &plan->hooks.create_runtime, "createRuntime" },
		{ &plan->hooks.create_container, "createContainer" },
		{ &plan->hooks.start_container, "startContainer", plan->process.env },
		{ &plan->hooks.poststart, "poststart" },
		{ &plan->hooks.poststop, "poststop" },
	};

	if (!spec->hooks)
		return 0;
	plan->hooks = *spec->hooks;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (hooks_plan(arena, kinds[i].list, kinds[i].kind, kinds[i].env, err) < 0)
			return -1;
	plan->mount_hooks = plan->hooks.prestart.count || plan->hooks.create_runtime.count ||
			    plan->hooks.create_container.count;
	return 0;
}

bool plan_zero_pids_is_limit(const char *oci_version)
{
	unsigned int minor = 0;

	sscanf(oci_version, "1.%u", &minor);
	return minor >= 3;
}

static const struct spec_linux *limited(struct arena *arena, const struct spec *spec)
{
	const struct spec_resources *resources = spec->linux ? spec->linux->resources : NULL;
	struct spec_linux *copy;

	if (!resources || !resources->pids || !resources->pids->limit.set ||
	    resources->pids->limit.value != 0 || plan_zero_pids_is_limit(spec->oci_version))
		return spec->linux;
	copy = arena_new(arena, struct spec_linux);
	*copy = *spec->linux;
	copy->resources = arena_new(arena, struct spec_resources);
	*copy->resources = *resources;
	copy->resources->pids = NULL;
	return copy;
}

static bool shows_writable_cgroup(const struct spec *spec)
{
	for (size_t i = 0; i < spec->mounts.count; i++) {
		const struct spec_mount *mount = &spec->mounts.items[i];

		if (mount->type && strncmp(mount->type, "cgroup", strlen("cgroup")) == 0 &&
		    !string_list_has(&mount->options, "ro"))
			return true;
	}
	return false;
}

/*
 * Root of the container's user namespace owns the cgroup if he is shown it to be written to, as in
 * runc: a systemd in the container needs that. With the host's cgroup namespace it is not his.
 */
static void plan_owner(const struct spec *spec, struct plan *plan)
{
	const struct namespaces_plan *namespaces = &plan->namespaces;
	struct opt_uint root = { 0 };

	if (!namespaces->own[NAMESPACE_USER])
		return;
	for (size_t i = 0; i < namespaces->uid_mappings->count; i++) {
		const struct spec_id_mapping *mapping = &namespaces->uid_mappings->items[i];

		if (mapping->container_id == 0 && mapping->size)
			root = (struct opt_uint){ true, mapping->host_id };
	}
	plan->cgroup.delegate_owner = root;
	if (namespaces->own[NAMESPACE_CGROUP] && shows_writable_cgroup(spec))
		plan->cgroup.owner = root;
}

/* crun's: a cgroup below the one with the limits, for the container to do with as it likes. */
static int plan_delegate(const struct spec *spec, struct plan *plan, struct error *err)
{
	const char *name = string_map_get(&spec->annotations, DELEGATE);

	if (!name || !*name)
		return 0;
	if (!path_is_plain_name(name))
		return fail(err, EINVAL, "annotations." DELEGATE ": '%s' is not a plain name",
			    name);
	plan->cgroup.delegate = name;
	return 0;
}

static int plan_cgroup(struct arena *arena, const struct spec *spec,
		       const struct plan_options *options, struct plan *plan,
		       struct rootfs_options *rootfs, struct error *err)
{
	struct systemd_options unit;

	plan->has_cgroup = options->cgroup_mount != NULL;
	if (!plan->has_cgroup)
		return 0;
	if (options->systemd) {
		unit = *options->systemd;
		unit.annotations = &spec->annotations;
		if (cgroup_plan_unit(arena, limited(arena, spec), options->id, &unit, &plan->cgroup,
				     err) < 0)
			return -1;
	} else if (cgroup_plan(arena, limited(arena, spec), options->id, options->own_cgroup,
			       &plan->cgroup, err) < 0) {
		return -1;
	}
	plan_owner(spec, plan);
	if (plan_delegate(spec, plan, err) < 0)
		return -1;
	rootfs->cgroup = arena_printf(arena, "%s%s", options->cgroup_mount, plan->cgroup.path);
	return 0;
}

static int plan_process(struct arena *arena, const struct spec *spec,
			const struct plan_options *options, struct plan *plan, struct error *err)
{
	const struct process_context context = {
		.id = options->id,
		.user_namespace = plan->namespaces.own[NAMESPACE_USER] ||
				  plan->namespaces.path[NAMESPACE_USER],
		.keyring = !options->no_new_keyring,
		.keep_groups = string_map_get(&spec->annotations, "run.oci.keep_original_groups") !=
			       NULL,
		.as_caller = options->as_caller,
		.seccomp = plan->seccomp.program.filter != NULL,
		.preserve_fds = (unsigned int)options->preserve_fds,
		.last_capability = options->last_capability,
		.personality = spec->linux ? spec->linux->personality : NULL,
		.memory_policy = spec->linux ? spec->linux->memory_policy : NULL,
	};

	if (process_plan(arena, spec->process, &context, &plan->process, err) < 0)
		return -1;
	return terminal_plan(spec->process, &plan->terminal, err);
}

static int plan_seccomp(struct arena *arena, const struct spec *spec,
			const struct plan_options *options, struct plan *plan, struct error *err)
{
	if (!options->seccomp)
		return seccomp_plan(arena, spec->linux ? spec->linux->seccomp : NULL,
				    &plan->seccomp, err);
	plan->seccomp = *options->seccomp;
	return 0;
}

int plan_make(struct arena *arena, const struct spec *spec, const struct plan_options *options,
	      struct plan *plan, struct error *err)
{
	struct rootfs_options rootfs = options->rootfs;

	*plan = (struct plan){
		.spec = spec,
		.id = options->id,
		.bundle = options->bundle,
		.no_pivot = options->no_pivot,
		.network = options->network,
	};
	if (!spec->process)
		return fail(err, EINVAL, "process: is missing");
	rootfs.bundle = options->bundle;
	namespaces_plan(spec, &plan->namespaces);
	plan->raise_loopback = plan->namespaces.own[NAMESPACE_NETWORK];
	if (plan->namespaces.own[NAMESPACE_USER] &&
	    id_map_plan(arena, plan->namespaces.uid_mappings, plan->namespaces.gid_mappings,
			&plan->id_map, err) < 0)
		return -1;
	if (plan_cgroup(arena, spec, options, plan, &rootfs, err) < 0 ||
	    rootfs_plan(arena, spec, &rootfs, &plan->rootfs, err) < 0 ||
	    plan_seccomp(arena, spec, options, plan, err) < 0 ||
	    plan_process(arena, spec, options, plan, err) < 0 ||
	    sysctl_plan(arena, spec->linux, &plan->sysctl, err) < 0 ||
	    net_devices_plan(arena, spec->linux, &plan->net_devices, err) < 0 ||
	    resctrl_plan(arena, spec->linux ? spec->linux->intel_rdt : NULL, options->id,
			 &plan->resctrl, err) < 0 ||
	    plan_hooks(arena, spec, plan, err) < 0)
		return -1;
	hook_state_plan(arena, spec, options->id, options->bundle, &plan->hook_state);
	return 0;
}

int plan_existing(struct arena *arena, const struct spec *spec, const char *id, const char *bundle,
		  struct plan *plan, struct error *err)
{
	*plan = (struct plan){ .spec = spec, .id = id, .bundle = bundle };
	hook_state_plan(arena, spec, id, bundle, &plan->hook_state);
	return plan_hooks(arena, spec, plan, err);
}
