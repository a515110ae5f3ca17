/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "cgroup/device_program.h"
#include "cgroup/limits.h"
#include "cgroup/systemd_plan.h"
#include "specs/runtime_spec.h"

/*
 * The cgroup of a container: made, limited, entered at clone, removed. cgroup v2 only.
 *
 *	cgroup_host_open()   where v2 is on this machine
 *	cgroup_plan()        pure: path, limits, device program
 *	cgroup_plan_unit()   the same for a cgroup that is a unit of systemd
 *	cgroup_apply()       makes it; its descriptor goes to CLONE_INTO_CGROUP
 *	cgroup_apply_devices()  its device program, while the child sets itself up
 *	cgroup_open()        finds it again for freeze.h and process.h
 *	cgroup_update()      other limits while it is in use
 *	cgroup_remove()      kills what is left in it and removes it
 */

struct cgroup_host {
	int root;	   /* the cgroup2 mount, O_PATH; for cgroup_host_close() */
	const char *mount; /* its path: /sys/fs/cgroup, or /sys/fs/cgroup/unified (hybrid) */
};

/*
 * Finds the cgroup2 mount: the two usual places by their file system type, or else the first one
 * of /proc/self/mountinfo. ENOENT when there is none. *host needs no initial value.
 */
int cgroup_host_open(struct arena *arena, struct cgroup_host *host, struct error *err);
void cgroup_host_close(struct cgroup_host *host);

/* The caller's own cgroup v2 below the mount ("/user.slice/x"), from /proc/self/cgroup. */
int cgroup_own(struct arena *arena, const char **path, struct error *err);

/* The same of process pid of procfs proc. */
int cgroup_of_process(struct arena *arena, int proc, int pid, const char **path, struct error *err);

/* The controllers that v2 has on this host, 1 << enum controller (for ctr check). */
int cgroup_controllers(const struct cgroup_host *host, uint32_t *controllers, struct error *err);

/*
 * Where cgroup v1 has controller ("/sys/fs/cgroup/memory"), or NULL: why v2 has it not. Fails
 * only if mountinfo cannot be read.
 */
int cgroup_v1_mount(struct arena *arena, enum controller controller, const char **mount,
		    struct error *err);

struct cgroup_plan {
	const char *path; /* below the mount, absolute and clean: "/ctr/web" */
	bool chosen;	  /* by us: the spec names none */
	struct limits limits;
	struct device_program devices;
	struct systemd_plan *systemd; /* the unit that it is; NULL: ctr makes it itself */
	struct opt_uint owner;	      /* user who may make cgroups below it, else only root may */
	const char *delegate;	      /* name of one below it that is its processes' own, or NULL */
	struct opt_uint delegate_owner;
};

/* Whether cgroup_plan() needs own: linux.cgroupsPath is relative. linux_ may be NULL. */
bool cgroup_plan_needs_own(const struct spec_linux *linux_);

/*
 * linux.cgroupsPath: absolute means below the cgroup2 mount; relative means below the parent of
 * own, as in runc (own has processes, so v2 forbids controllers below it); absent means
 * /ctr/<id>. "..", an empty name and the root itself are refused. own may be NULL unless
 * cgroup_plan_needs_own(). Pure.
 */
int cgroup_plan(struct arena *arena, const struct spec_linux *linux_, const char *id,
		const char *own, struct cgroup_plan *plan, struct error *err);

/*
 * Another place for a plan whose path we chose, for who may not use the top of the tree: ctr/<id>
 * beside own, where what was delegated to a user begins. Pure.
 */
int cgroup_plan_beside(struct arena *arena, const char *id, const char *own,
		       struct cgroup_plan *plan, struct error *err);

/* The first member of linux.resources that the plan sets a limit for; NULL: none does. */
const char *cgroup_plan_limit(const struct cgroup_plan *plan);

/*
 * The same where systemd makes the cgroup (systemd_plan.h). The path is where it is expected to
 * be; what systemd_unit_start() says counts.
 */
int cgroup_plan_unit(struct arena *arena, const struct spec_linux *linux_, const char *id,
		     const struct systemd_options *options, struct cgroup_plan *plan,
		     struct error *err);

/* The plan as text, for `ctr explain` and golden tests. */
char *cgroup_plan_print(struct arena *arena, const struct cgroup_plan *plan);

/*
 * Makes the cgroup with all directories above it, enables the controllers that its limits need
 * from the mount down to it, and of the others those that can be had (systemd does that for its
 * units), writes limits, and gives it to its owner. Returns the directory's descriptor
 * (O_PATH), the caller's, for CLONE_INTO_CGROUP.
 *
 * A cgroup that exists is taken if it is empty; EBUSY if it has processes or is frozen, be it by
 * a cgroup above (a clone into it would never return). A controller that v2 has not here is
 * ENODEV with the place where v1 binds it. On failure all that it made is removed again.
 *
 * A scope of systemd has its companion's process in it (systemd_unit.h).
 */
int cgroup_apply(const struct cgroup_host *host, const struct cgroup_plan *plan, struct error *err);

/*
 * Loads and attaches the device program, before anything but ctr runs in the cgroup: ctr itself
 * makes nodes in there, which no program forbids (device_program.h), and opens those of terminals.
 */
int cgroup_apply_devices(int cgroup, const struct cgroup_host *host, const struct cgroup_plan *plan,
			 struct error *err);

/*
 * Gives cgroup dirfd to user owner, so that he may make cgroups below it and move his processes
 * between them; its limits stay ours: what the kernel says in /sys/kernel/cgroup/delegate.
 */
int cgroup_delegate(int dirfd, uid_t owner, struct error *err);

/*
 * Makes plan->delegate below the plan's cgroup, moves process pid, the only one there, into it and
 * gives it with all controllers to its owner. It has no limits of its own.
 */
int cgroup_enter_delegate(const struct cgroup_host *host, const struct cgroup_plan *plan, pid_t pid,
			  struct error *err);

/*
 * Makes the cgroup at path, which is one below a scope of systemd, and moves process pid into it:
 * the scope itself may have none if what is below it is to have limits.
 */
int cgroup_enter(const struct cgroup_host *host, const char *path, pid_t pid, struct error *err);

/*
 * The companion in a scope counts for pids.max. With room the cgroups of the plan have no limit of
 * processes for the time being, without it they have the plan's again. Nothing is done when the
 * plan has no such limit, or no unit.
 */
int cgroup_make_room(const struct cgroup_host *host, const struct cgroup_plan *plan, bool room,
		     struct error *err);

/* Whether the caller may make directories where path is to be. */
bool cgroup_may_make(const struct cgroup_host *host, const char *path);

/*
 * EBUSY if the cgroup of path, or, when that does not exist, the nearest one above it is frozen:
 * whoever is put into it would not answer any more.
 */
int cgroup_check_thawed(const struct cgroup_host *host, const char *path, struct error *err);

/* Opens the directory of path (from a plan or state.json), O_PATH. ENOENT when it is gone. */
int cgroup_open(const struct cgroup_host *host, const char *path, struct error *err);

/* The same for who needs the mount for nothing else. */
int cgroup_find(struct arena *arena, const char *path, struct error *err);

/*
 * Gives the cgroup at path other limits; those not among limits stay. devices: the rules that
 * replace the ones in force, NULL: these stay. All or nothing: when one write fails, what was
 * written before it is set back.
 */
int cgroup_update(const struct cgroup_host *host, const char *path, const struct limits *limits,
		  const struct device_program *devices, struct error *err);

/*
 * Removes the cgroup and all below it, killing first what still runs there, and returns when it
 * is gone, or with ETIMEDOUT after timeout_ms milliseconds. Gone already is success. Directories
 * above stay: others may be about to use them, and an empty cgroup costs nothing.
 */
int cgroup_remove(const struct cgroup_host *host, const char *path, int timeout_ms,
		  struct error *err);
