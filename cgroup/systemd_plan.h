/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "cgroup/limits.h"
#include "specs/runtime_spec.h"

/*
 * The cgroup of a container as a unit of systemd, which makes and removes the directory: a
 * transient scope in a slice, or, when its name ends in .slice, a slice. What limits it is told to
 * systemd as properties of the unit, so that they are still there after a daemon-reload, and
 * written by ctr into the kernel's files as well: both then say the same, and what systemd has no
 * property for is limited too. See systemd.resource-control(5) and, for what engines expect of
 * names, runc's documentation of its systemd driver.
 *
 *	linux.cgroupsPath "user-7.slice:libpod:web"	libpod-web.scope in user-7.slice
 *	absent						ctr-ID.scope in system.slice
 */

struct systemd_options {
	bool user;	     /* the user's manager, not the system's */
	const char *manager; /* the manager's own cgroup: "" or ".../user@1000.service" */
	const struct string_map *annotations;
};

/* What systemd does, as it is told to the companion program (systemd_unit.h). */
struct systemd_plan {
	const char *unit;     /* "libpod-web.scope" */
	const char *slice;    /* the one that it is in: "system.slice" */
	const char *cgroup;   /* the unit's, below the cgroup2 mount, as it is expected to be */
	const char *subgroup; /* below that, for the process: run.oci.systemd.subgroup; or NULL */
	bool user;
	/*
	 * Properties as "NAME=VALUE" (unit_property.h). Those that the user asks for by name must
	 * be known to systemd; one of the others that its version does not know is left out, the
	 * kernel's file is written anyhow.
	 */
	struct string_list required, wanted;
};

/*
 * Fills *plan. Taken from annotations: org.systemd.property.NAME, run.oci.systemd.subgroup. A
 * cgroupsPath that is not slice:prefix:name is refused. linux_ may be NULL. Pure.
 */
int systemd_plan(struct arena *arena, const struct spec_linux *linux_, const char *id,
		 const struct limits *limits, const struct systemd_options *options,
		 struct systemd_plan *plan, struct error *err);

/* The cgroup of the container's process when that of its unit is cgroup: the same, or below it. */
const char *systemd_process_cgroup(struct arena *arena, const struct systemd_plan *plan,
				   const char *cgroup);

/* The path of a slice's cgroup, "/a.slice/a-b.slice" for "a-b.slice"; "" for "-.slice". */
int systemd_slice_path(struct arena *arena, const char *slice, const char **path,
		       struct error *err);

/*
 * The properties that say what limits say, in *list: for a unit that starts and for `update`. What
 * cannot be expressed is left out. Pure.
 */
void systemd_limit_properties(struct arena *arena, const struct limits *limits,
			      struct string_list *list);

/*
 * Makes limits such that systemd and the kernel's files agree, or a daemon-reload would change what
 * ctr has written: cpu.max is rounded up to what systemd keeps, whole percents of a CPU, and what
 * is idle has no weight besides (with a warning), as in runc.
 */
void systemd_adapt_limits(struct arena *arena, struct limits *limits);

/*
 * DevicePolicy and DeviceAllow. systemd can only allow: where the rules deny what an earlier one
 * allows, or name a minor number of all majors, it is told to allow everything, and ctr's own
 * program, which is on the cgroup besides systemd's, does what the rules say.
 */
int systemd_device_properties(struct arena *arena, const struct spec_resources *resources,
			      struct string_list *list, struct error *err);

/* Appends "NAME=VALUE" to *list. */
void systemd_add_property(struct arena *arena, struct string_list *list, const char *name,
			  const char *value);

/* The plan as text, for `ctr explain` and golden tests. */
char *systemd_plan_print(struct arena *arena, const struct systemd_plan *plan);
