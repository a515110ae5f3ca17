/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * Which ids the user namespace of an ordinary user has (runtime/rootless.h), and what those of a
 * spec, which are the host's, are in there. Pure.
 */

/* Of /etc/subuid or /etc/subgid (subuid(5)). */
struct sub_id_range {
	uint32_t start, count;
};

struct sub_id_ranges {
	struct sub_id_range *items;
	size_t count;
};

/*
 * The ranges of the user, whom lines name by name (NULL: it has none) or by number. Lines that
 * make no sense and ranges without ids are skipped, as newuidmap(1) does. *text is cut up.
 */
void sub_ids_parse(struct arena *arena, char *text, const char *name, uid_t uid,
		   struct sub_id_ranges *ranges);

/* The own id is 0 in there, what the ranges have follows from 1 on, as podman does it. */
void user_map_plan(struct arena *arena, uint32_t own, const struct sub_id_ranges *ranges,
		   struct spec_id_mappings *map);

/* Reads a map as /proc/PID/uid_map shows it. */
int user_map_parse(struct arena *arena, const char *text, struct spec_id_mappings *map,
		   struct error *err);

/*
 * mappings, whose host ids are those outside of map, with the ids that map gives them inside. An
 * id that map does not have is an error that names field ("linux.uidMappings").
 */
int user_map_translate(struct arena *arena, const struct spec_id_mappings *map, const char *field,
		       struct spec_id_mappings *mappings, struct error *err);
