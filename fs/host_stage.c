/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_stage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/step.h"
#include "fs/host_copy.h"
#include "fs/inode_map.h"

/*
 * The difference is walked once more, as only the walk knows where content is (renamed directories,
 * metacopies, several layers of the container's own). It comes in the same order as the plan was
 * made in, so that its changes are met one after the other.
 */
struct stage {
	struct host_plan *plan;
	const int *areas;
	size_t part;
	size_t next; /* of plan->changes */
	struct host_place place;
	struct arena arena;
	struct inode_map links; /* files with several names: "AREA/PATH" of the first copy */
	struct staged_directory {
		size_t area;
		const char *path;
		struct stat status;
	} * directories; /* their times are set when they are full */
	size_t count, room;
};

/* The change that an entry of the difference is; NULL if the plan has none. */
static const struct host_change *find_change(struct stage *stage, const char *path)
{
	const struct host_plan *plan = stage->plan;

	for (; stage->next < plan->count; stage->next++) {
		const struct host_change *change = &plan->changes[stage->next];
		int order = change->part == stage->part ? path_compare(change->path, path) : 1;

		if (order >= 0)
			return order ? NULL : change;
	}
	return NULL;
}

static void remember_directory(struct stage *stage, size_t area, const char *path,
			       const struct stat *status)
{
	if (stage->count == stage->room) {
		size_t room = 2 * stage->room + 64;
		struct staged_directory *items =
			arena_array(&stage->arena, struct staged_directory, room);

		if (stage->count)
			memcpy(items, stage->directories, stage->count * sizeof(*items));
		stage->directories = items;
		stage->room = room;
	}
	stage->directories[stage->count++] = (struct staged_directory){
		.area = area,
		.path = path,
		.status = *status,
	};
}

/* Returns 1 if the file has been copied by another name before, and is now linked to that. */
static int link_again(struct stage *stage, const struct diff_entry *entry, size_t area,
		      const char *path, int dir, const char *name, struct error *err)
{
	struct host_place place = HOST_PLACE(stage->areas[area]);
	const struct stat *status = &entry->status;
	const char *first = inode_map_get(&stage->links, status->st_dev, status->st_ino), *last;
	int from, result = 0;

	if (!first)
		return inode_map_put(&stage->links, status->st_dev, status->st_ino,
				     arena_printf(&stage->arena, "%zu%s", area, path), err);
	/* of another area: of another filesystem then, where it has to be a file of its own */
	if (strtoul(first, NULL, 10) != area)
		return 0;
	from = host_place_go(&place, strchr(first, '/'), &last);
	if (from < 0 || linkat(from, last, dir, name, 0) < 0)
		result = errno == EMLINK ? 0 : fail_errno(err, "link");
	else
		result = 1;
	host_place_free(&place);
	return result;
}

/* Makes an entry in the slot of operation number i, or in the new directory that is there. */
static int stage_copy(struct stage *stage, const struct diff_entry *entry, size_t i,
		      struct error *err)
{
	const struct journal_operation *operation = &stage->plan->journal.operations.items[i];
	const char *name, *path = arena_printf(&stage->arena, "/%zu%s", i,
					       entry->path + strlen(operation->path));
	int dir;

	if (stage->place.root != stage->areas[operation->area]) {
		host_place_free(&stage->place);
		stage->place = HOST_PLACE(stage->areas[operation->area]);
	}
	dir = host_place_go(&stage->place, path, &name);
	if (dir < 0)
		return fail_errno(err, "open the copy's directory");
	if (S_ISDIR(entry->status.st_mode)) {
		remember_directory(stage, operation->area, path, &entry->status);
	} else if (entry->status.st_nlink > 1) {
		int done = link_again(stage, entry, operation->area, path, dir, name, err);

		if (done)
			return done < 0 ? -1 : 0;
	}
	return host_copy(entry, dir, name, err);
}

static int stage_entry(const struct diff_entry *entry, void *context, struct error *err)
{
	struct stage *stage = context;
	const struct host_change *change = find_change(stage, entry->path);

	if (!change || entry->kind == DIFF_DELETED ||
	    (change->role != HOST_MOVES && change->role != HOST_WITHIN))
		return 0;
	if (stage_copy(stage, entry, change->operation, err) < 0)
		return fail_in(err, "prepare %s", entry->path);
	return step_point("copy", err);
}

static int set_times(struct stage *stage, struct error *err)
{
	for (size_t i = stage->count; i-- > 0;) {
		const struct staged_directory *directory = &stage->directories[i];
		cleanup_fd int fd =
			host_open_directory(stage->areas[directory->area], directory->path);

		if (fd < 0)
			return fail_errno(err, "open the copy of a directory");
		if (host_copy_time(&directory->status, fd, ".", err) < 0)
			return -1;
	}
	return 0;
}

/* What is in the slots now; a slot that should have something and has not was changed away. */
static int see_new(struct stage *stage, struct error *err)
{
	struct host_plan *plan = stage->plan;

	for (size_t i = 0; i < plan->count; i++) {
		const struct host_change *change = &plan->changes[i];
		struct journal_operation *operation;
		struct stat status;
		char slot[24];

		if (change->role != HOST_MOVES || change->kind == DIFF_DELETED)
			continue;
		operation = &plan->journal.operations.items[change->operation];
		snprintf(slot, sizeof(slot), "%zu", change->operation);
		if (fstatat(stage->areas[operation->area], slot, &status, AT_SYMLINK_NOFOLLOW) < 0)
			return fail(err, EBUSY, "%s: changes just now; try again", change->path);
		operation->new = journal_see(&status);
	}
	return 0;
}

int host_stage(const struct host_part *parts, size_t part_count, struct host_plan *plan,
	       const int *areas, struct error *err)
{
	struct stage stage = { .plan = plan, .areas = areas, .place = HOST_PLACE(-1) };
	int result = 0;

	for (size_t i = 0; result == 0 && i < part_count; i++) {
		stage.part = i;
		while (stage.next < plan->count && plan->changes[stage.next].part < i)
			stage.next++;
		result = diff_walk(&parts[i].stack, stage_entry, &stage, err);
	}
	if (result == 0)
		result = set_times(&stage, err);
	if (result == 0)
		result = see_new(&stage, err);
	host_place_free(&stage.place);
	inode_map_free(&stage.links);
	arena_free(&stage.arena);
	return result;
}
