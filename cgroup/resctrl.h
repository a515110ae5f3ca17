/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * linux.intelRdt: the share of cache and memory bandwidth that a container gets (config-linux.md,
 * "IntelRdt"; the kernel's Documentation/filesystems/resctrl.rst). A class of service is a group,
 * a folder of the resctrl filesystem, whose schemata file says what it may use and whose tasks
 * file who belongs to it; a folder in its mon_groups counts what a part of them uses.
 */

struct resctrl_plan {
	bool wanted;
	const char *group;    /* its name, "" for the class that all belong to at first */
	const char *monitor;  /* the name of its monitoring group; NULL: none */
	const char *schemata; /* lines for its schemata file; NULL: none are written */
	bool own; /* no closID: the group is for this container alone and goes with it */
};

/* Pure. intel_rdt NULL: nothing is wanted. Errors name the member. */
int resctrl_plan(struct arena *arena, const struct spec_intel_rdt *intel_rdt, const char *id,
		 struct resctrl_plan *plan, struct error *err);
void resctrl_print(FILE *stream, const struct resctrl_plan *plan);

/* Where the filesystem is mounted, by mountinfo. ENOTSUP, with the way out, when it is not. */
int resctrl_find(struct arena *arena, char **mount, struct error *err);

/* What there is of a container: paths of folders, NULL: none. Part of state.json. */
struct resctrl_groups {
	char *group, *monitor;
	bool remove_group; /* at the end of the container */
};

/*
 * Makes the groups below mount, or checks that what is there is what the spec says: a class that
 * several share is not changed. Fills *groups as far as it comes, so that resctrl_remove() finds
 * what was made.
 */
int resctrl_apply(struct arena *arena, const struct resctrl_plan *plan, const char *mount,
		  struct resctrl_groups *groups, struct error *err);

/* What an interrupted resctrl_apply() may have made for one container alone. */
struct resctrl_groups resctrl_guess(struct arena *arena, const struct resctrl_plan *plan,
				    const char *mount);

/* Puts a process, and what it will start, into the groups. */
int resctrl_enter(const struct resctrl_groups *groups, pid_t pid, struct error *err);

/*
 * Gives a container's own group other schemata; *before is what the file said. ENOTSUP where the
 * container has none: a class that others share is not changed.
 */
int resctrl_change(struct arena *arena, const struct resctrl_groups *groups, const char *schemata,
		   char **before, struct error *err);

/* Removes what is the container's own; accepts what is gone. */
int resctrl_remove(const struct resctrl_groups *groups, struct error *err);

/*
 * Whether each line of wanted ("L3:0=ff;1=f") is what schemata, the contents of such a file, says,
 * whatever the order of the parts and leading zeros. Pure.
 */
bool resctrl_matches(const char *wanted, const char *schemata);
