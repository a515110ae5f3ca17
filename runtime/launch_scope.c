/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch_scope.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/user_namespace.h"
#include "cgroup/process.h"

/* The user who has made the user namespace that we are root of; ours if it is the first one. */
static uid_t outer_user(void)
{
	char text[64];
	struct error ignored;
	unsigned int inside, outside;

	if (file_read_short_at(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text), &ignored) > 0 &&
	    sscanf(text, "%u %u", &inside, &outside) == 2 && inside == 0)
		return geteuid() == 0 ? outside : geteuid();
	return geteuid();
}

/*
 * Root of a user namespace may be a whole system with a manager of its own (a container that boots
 * systemd), or a user's engine, which has kept the way to the user's bus.
 */
static bool is_user(void)
{
	if (geteuid() != 0)
		return true;
	return outer_user() != 0 &&
	       (getenv("DBUS_SESSION_BUS_ADDRESS") || getenv("XDG_RUNTIME_DIR"));
}

/* "/user.slice/user-7.slice/user@7.service": what our own path begins with, or where it should be.
 */
static int find_manager(struct arena *arena, const char **manager, struct error *err)
{
	static const char end[] = ".service";
	uid_t uid = outer_user();
	char *name = arena_printf(arena, "/user@%u%s", uid, end);
	const char *own, *found;

	if (cgroup_own(arena, &own, err) < 0)
		return -1;
	found = strstr(own, name);
	if (found && (found[strlen(name)] == '/' || !found[strlen(name)]))
		*manager = arena_printf(arena, "%.*s", (int)(found - own + strlen(name)), own);
	else
		*manager = arena_printf(arena, "/user.slice/user-%u.slice%s", uid, name);
	return 0;
}

struct systemd_options *launch_scope_options(struct arena *arena, struct error *err)
{
	struct systemd_options *options = arena_new(arena, struct systemd_options);

	*options = (struct systemd_options){ .user = is_user(), .manager = "" };
	if (systemd_unit_available(err) < 0 ||
	    (options->user && find_manager(arena, &options->manager, err) < 0))
		return NULL;
	return options;
}

/* What counts is where systemd has made it, not where the plan expected it. */
static void take_place(struct launch *launch, const char *cgroup)
{
	struct cgroup_plan *plan = &launch->plan->cgroup;
	struct state *state = launch->state;

	if (strcmp(cgroup, plan->systemd->cgroup) != 0) {
		plan->systemd->cgroup = cgroup;
		plan->path = systemd_process_cgroup(launch->arena, plan->systemd, cgroup);
		mounts_move_cgroup(
			&launch->plan->rootfs.mounts,
			arena_printf(launch->arena, "%s%s", launch->cgroup_host.mount, plan->path));
	}
	state->systemd_cgroup = arena_strdup(launch->arena, cgroup);
	state->cgroup = arena_strdup(launch->arena, plan->path);
	launch->cgroup_path = state->systemd_cgroup;
}

int launch_scope_make(struct launch *launch, struct error *err)
{
	struct cgroup_plan *plan = &launch->plan->cgroup;
	const char *cgroup;

	/* the companion would be caught in it */
	if (cgroup_check_thawed(&launch->cgroup_host, plan->systemd->cgroup, err) < 0)
		return -1;
	if (systemd_unit_start(launch->arena, plan->systemd, &launch->unit, &cgroup, err) < 0)
		return -1;
	take_place(launch, cgroup);
	/* for who finds a folder without a state: the unit's name cannot be guessed as a path can
	 */
	if (state_save(launch->arena, launch->state_dir, SCOPE_FILE, launch->state, false, err) < 0)
		return -1;
	if (plan->systemd->subgroup &&
	    cgroup_enter(&launch->cgroup_host, plan->path, launch->unit.pid, err) < 0)
		return -1;
	launch->cgroup = cgroup_apply(&launch->cgroup_host, plan, err);
	if (launch->cgroup < 0)
		return -1;
	return cgroup_make_room(&launch->cgroup_host, plan, true, err);
}

int launch_scope_settle(struct launch *launch, struct error *err)
{
	if (!launch->plan->cgroup.systemd)
		return 0;
	systemd_unit_release(&launch->unit);
	return cgroup_make_room(&launch->cgroup_host, &launch->plan->cgroup, false, err);
}

void launch_scope_stop(struct launch *launch)
{
	const struct state *state = launch->state;
	cleanup_fd int cgroup = -1;
	struct error err;

	if (!state->systemd_unit)
		return;
	systemd_unit_release(&launch->unit);
	/* at once, where systemd would first ask the processes to end */
	cgroup = cgroup_open(&launch->cgroup_host, launch->cgroup_path, &err);
	if (cgroup >= 0 && cgroup_kill(cgroup, &err) < 0)
		log_warning("%s", err.text);
	if (systemd_unit_stop(launch->arena, state->systemd_unit, state->systemd_user, &err) < 0)
		log_warning("%s", err.text);
}
