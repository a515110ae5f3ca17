/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/host_plan.h"

/* What host_plan() is made of: the walk over a difference, entry by entry. For fs/host_plan*.c. */

/* What the entries below a path need no look of their own for. */
enum cover { COVER_NONE, COVER_NEW, COVER_SKIPPED };

struct planner {
	struct arena *arena;
	const struct host_plan_options *options;
	struct host_plan *plan;
	const struct host_part *part;
	struct host_since since;
	size_t part_index;
	struct host_place place;
	enum cover cover;
	const char *cover_path;
	size_t cover_operation;
	bool *used;   /* of options->paths */
	size_t *open; /* the directories on the way to where we are: indexes into the journal's */
	size_t depth, open_room;
	size_t change_room, operation_room, directory_room, area_room;
};

/* One entry of the difference, and what the host has there now. */
struct meeting {
	const struct diff_entry *entry;
	bool asked;
	int dir; /* the place's: where it is on the host */
	const char *name;
	bool there;
	struct stat status;
};

/* Makes room for one more of count items of size bytes; the old ones are copied. */
void *planner_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t size);

/* host_plan_select.c: what of the difference is asked for. ctr's own undo folders never are. */
enum selection { SELECT_NOT, SELECT_PARENT, SELECT_ASKED };

enum selection planner_selects(struct planner *planner, const char *path);
/* Whether the host has something mounted at path, or with below: anywhere in it. */
bool planner_meets_mount(const struct planner *planner, const char *path, bool below);

/*
 * host_plan_area.c: where the slot of an entry can be, in an area as far up as renames reach and
 * may be made. *index: of plan->areas, which gets one more if none fits.
 */
int planner_find_area(struct planner *planner, const struct meeting *meeting, uint32_t *index,
		      struct error *err);
/* What the kernel would refuse (EACCES, EPERM) is better found now than between two exchanges. */
int planner_check_changeable(struct planner *planner, const struct meeting *meeting,
			     struct error *err);
