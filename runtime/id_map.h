/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/* linux.uidMappings and gidMappings of a new user namespace (user_namespaces(7)). */

#define ID_MAP_MAX_LINES 340 /* the kernel's */

struct id_map {
	char *uid_text, *gid_text;   /* as /proc/PID/uid_map takes it; NULL: nothing to write */
	char **uid_argv, **gid_argv; /* newuidmap, newgidmap; the slot of the PID is ID_MAP_PID */
	bool own_uid, own_gid;	     /* nothing but the caller's own id: it may write that itself */
};
#define ID_MAP_PID 1

/* Refuses maps that the kernel would refuse: empty, too long, overlapping, wrapping around, one
 * without the other. */
int id_map_plan(struct arena *arena, const struct spec_id_mappings *uids,
		const struct spec_id_mappings *gids, struct id_map *map, struct error *err);

/*
 * A spec that asks for a new user namespace and says nothing of mappings gets one, as in crun: root
 * in there is the caller, and there is nobody else.
 */
void id_map_complete(struct arena *arena, struct spec *spec);

/* Whether newuidmap(1) and newgidmap(1) are installed. */
bool id_map_helpers_exist(void);

/*
 * Parent side: writes the maps of process pid, which has just been cloned into its namespace.
 * Without the privilege it lets newuidmap(1) and newgidmap(1) do it, or, for the caller's own id
 * alone, denies setgroups first. proc: an open procfs where pid means that process.
 */
int id_map_write(const struct id_map *map, int proc, pid_t pid, struct error *err);
