/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch_cgroup.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/user_namespace.h"
#include "runtime/launch_scope.h"
#include "runtime/plan.h"

static bool is_forbidden(const struct error *err)
{
	return err->errnum == EACCES || err->errnum == EPERM || err->errnum == EROFS;
}

/* The plan and the state were made for another place, or for none. */
static void moved(struct launch *launch, const char *path)
{
	struct plan *plan = launch->plan;
	const char *mount = launch->cgroup_host.mount;

	launch->state->cgroup = path ? arena_strdup(launch->arena, path) : NULL;
	mounts_move_cgroup(&plan->rootfs.mounts,
			   path ? arena_printf(launch->arena, "%s%s", mount, path) : mount);
}

/* A cgroup of root's may have that name already: it would seem to be one that we may use. */
static int make(struct launch *launch, struct error *err)
{
	const struct cgroup_plan *plan = &launch->plan->cgroup;

	if (launch->settings->rootless && !cgroup_may_make(&launch->cgroup_host, plan->path))
		return fail(err, EACCES, "cgroup %s%s: is not in what was delegated to user %u",
			    launch->cgroup_host.mount, plan->path, launch->settings->user);
	return cgroup_apply(&launch->cgroup_host, plan, err);
}

/* The part of the tree that is a user's begins at the parent of the cgroup that it is in. */
static int make_beside(struct launch *launch, struct error *err)
{
	struct cgroup_plan *plan = &launch->plan->cgroup;
	const char *own;

	if (cgroup_own(launch->arena, &own, err) < 0 ||
	    cgroup_plan_beside(launch->arena, launch->state->id, own, plan, err) < 0)
		return -1;
	return make(launch, err);
}

/* In words that are known from runc. limit: "linux.resources.pids.limit" */
static int fail_limit(const char *limit, struct error *err)
{
	static const char common[] = "linux.resources.";
	const char *name = limit;

	if (!strncmp(name, common, strlen(common)))
		name += strlen(common);
	return fail(err, err->errnum,
		    "%s: cannot set %.*s limit: container could not join or create cgroup: have "
		    "one delegated (" CGROUP_DELEGATION ")",
		    limit, (int)strcspn(name, ".["), name);
}

static int make_without_privileges(struct launch *launch, struct error *err)
{
	struct plan *plan = launch->plan;
	const char *limit = cgroup_plan_limit(&plan->cgroup);
	struct error other;

	if (plan->cgroup.chosen) {
		launch->cgroup = make_beside(launch, &other);
		if (launch->cgroup >= 0) {
			moved(launch, plan->cgroup.path);
			return 0;
		}
		if (!is_forbidden(&other)) {
			*err = other;
			return -1;
		}
	}
	if (limit)
		return fail_limit(limit, err);
	/* engines in a user namespace of theirs name one without having been given any */
	if (!plan->cgroup.chosen && launch->settings->rootless)
		return fail(err, EACCES,
			    "linux.cgroupsPath: unable to apply cgroup configuration: permission "
			    "denied: %s%s: have a cgroup delegated (" CGROUP_DELEGATION
			    "), or name none",
			    launch->cgroup_host.mount, plan->cgroup.path);
	log_debug("without a cgroup: %s", err->text);
	if (!plan->namespaces.own[NAMESPACE_PID])
		log_warning("neither a cgroup nor a pid namespace of its own: the processes of the "
			    "container may outlive it. Such configuration is strongly discouraged");
	plan->has_cgroup = false;
	moved(launch, NULL);
	return 0;
}

/*
 * For who finds a folder without a state: where the cgroup is depends on that of the ctr that made
 * it, which nobody knows then.
 */
static int note_place(struct launch *launch, const char *planned, struct error *err)
{
	if (!launch->cgroup_path ||
	    (launch->state->cgroup == planned && !cgroup_plan_needs_own(launch->plan->spec->linux)))
		return 0;
	return state_save(launch->arena, launch->state_dir, SCOPE_FILE, launch->state, false, err);
}

int launch_cgroup_make(struct launch *launch, struct error *err)
{
	const char *planned = launch->state->cgroup;

	if (launch->plan->cgroup.systemd)
		return launch_scope_make(launch, err);
	launch->cgroup = make(launch, err);
	if (launch->cgroup < 0 && (!is_forbidden(err) || !in_user_namespace() ||
				   make_without_privileges(launch, err) < 0))
		return -1;
	if (launch->cgroup >= 0)
		launch->cgroup_path = launch->plan->cgroup.path;
	return note_place(launch, planned, err);
}

int launch_cgroup_devices(struct launch *launch, struct error *err)
{
	if (launch->cgroup < 0)
		return 0;
	return cgroup_apply_devices(launch->cgroup, &launch->cgroup_host, &launch->plan->cgroup,
				    err);
}

int launch_cgroup_delegate(struct launch *launch, struct error *err)
{
	const struct plan *plan = launch->plan;

	if (!plan->cgroup.delegate || launch->cgroup < 0)
		return 0;
	return cgroup_enter_delegate(&launch->cgroup_host, &plan->cgroup, launch->pid, err);
}
