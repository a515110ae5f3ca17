/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_plan.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "fs/host_attributes.h"
#include "fs/host_planner.h"

void *planner_grow(struct arena *arena, void *items, size_t count, size_t *room, size_t size)
{
	char *larger;

	if (count < *room)
		return items;
	*room = 2 * *room + 64;
	larger = arena_alloc_array(arena, *room, size);
	if (count)
		memcpy(larger, items, count * size);
	return larger;
}

char *host_path(struct arena *arena, const char *target, const char *path)
{
	if (!strcmp(path, "/"))
		path = "";
	if (!strcmp(target, "/"))
		target = "";
	return arena_printf(arena, "%s%s", *target || *path ? target : "/", path);
}

const char *host_conflict_text(enum host_conflict conflict)
{
	switch (conflict) {
	case HOST_CHANGED:
		return "changed on the host since the container's start";
	case HOST_LOST:
		return "deleted or moved on the host since the container's start";
	case HOST_FILLED:
		return "something in it changed on the host since the container's start";
	case HOST_MOUNTED:
		return "something is mounted there on the host";
	default:
		return "none";
	}
}

/* Results -------------------------------------------------------------------------------------- */

static struct host_change *add_change(struct planner *planner, const struct meeting *meeting,
				      enum host_role role)
{
	const struct diff_entry *entry = meeting->entry;
	struct host_plan *plan = planner->plan;
	struct host_change *change;

	plan->changes = planner_grow(planner->arena, plan->changes, plan->count,
				     &planner->change_room, sizeof(*plan->changes));
	change = &plan->changes[plan->count++];
	*change = (struct host_change){
		.part = planner->part_index,
		.path = arena_strdup(planner->arena, entry->path),
		.kind = entry->kind,
		.role = role,
		.asked = meeting->asked,
	};
	if (role == HOST_MOVES || role == HOST_WITHIN || role == HOST_ATTRIBUTES) {
		plan->added += entry->kind == DIFF_ADDED;
		plan->changed += entry->kind == DIFF_CHANGED;
		plan->deleted += entry->kind == DIFF_DELETED;
	}
	return change;
}

static void set_cover(struct planner *planner, enum cover cover, const char *path)
{
	planner->cover = cover;
	planner->cover_path = arena_strdup(planner->arena, path);
}

static bool is_covered(struct planner *planner, const char *path)
{
	if (planner->cover != COVER_NONE && path_behind(path, planner->cover_path))
		return true;
	planner->cover = COVER_NONE;
	return false;
}

/*
 * A conflict. Returns true if the entry is skipped, false if it is done all the same: *change is
 * what to note that in.
 */
static bool is_skipped(struct planner *planner, const struct meeting *meeting,
		       enum host_conflict conflict)
{
	struct host_change *change;

	if (conflict == HOST_NO_CONFLICT || (planner->options->force && conflict != HOST_MOUNTED))
		return false;
	change = add_change(planner, meeting, HOST_SKIPPED);
	change->conflict = conflict;
	planner->plan->conflicts++;
	return true;
}

/* Directories ---------------------------------------------------------------------------------- */

static struct journal_directory *add_directory(struct planner *planner, const char *path,
					       const struct stat *old)
{
	struct journal *journal = &planner->plan->journal;
	struct journal_directory *directory;

	journal->directories.items = planner_grow(planner->arena, journal->directories.items,
						  journal->directories.count,
						  &planner->directory_room, sizeof(*directory));
	directory = &journal->directories.items[journal->directories.count];
	*directory = (struct journal_directory){
		.part = (uint32_t)planner->part_index,
		.path = arena_strdup(planner->arena, strcmp(path, "/") ? path : ""),
		.inode = old->st_ino,
		.ctime = old->st_ctim.tv_sec,
		.ctime_nanoseconds = (uint32_t)old->st_ctim.tv_nsec,
		.old = host_attributes_of(old),
	};
	/* the ones that we have left are no parents of what comes */
	while (planner->depth &&
	       !path_behind(path,
			    journal->directories.items[planner->open[planner->depth - 1]].path))
		planner->depth--;
	planner->open = planner_grow(planner->arena, planner->open, planner->depth,
				     &planner->open_room, sizeof(*planner->open));
	planner->open[planner->depth++] = journal->directories.count++;
	return directory;
}

/* The one that path is in. What is listed comes with its parents, so it was met. */
static struct journal_directory *parent_of(struct planner *planner, const char *path)
{
	struct journal_directory *items = planner->plan->journal.directories.items;
	size_t length = (size_t)(strrchr(path, '/') - path);

	for (size_t i = planner->depth; i-- > 0;) {
		const char *directory = items[planner->open[i]].path;

		if (strlen(directory) == length && !memcmp(directory, path, length))
			return &items[planner->open[i]];
	}
	return NULL;
}

/* The time of a directory that the host has changed too, or that was not asked for. */
static void set_now(const struct planner *planner, struct journal_attributes *attributes)
{
	attributes->mtime = planner->options->now.tv_sec;
	attributes->mtime_nanoseconds = (uint32_t)planner->options->now.tv_nsec;
}

/*
 * What of a directory's own differs. The root of a writable layer is made with the mode and owner
 * of the one below, but without its other attributes (the label of "/" is not that of a layer's
 * folder), so that these say nothing.
 */
static unsigned own_changes(const struct diff_entry *entry)
{
	if (entry->kind != DIFF_CHANGED)
		return 0;
	return strcmp(entry->path, "/") ? entry->changed : entry->changed & ~(unsigned)DIFF_XATTRS;
}

/* A directory in the container, and one on the host. */
static int meet_directories(struct planner *planner, const struct meeting *meeting,
			    struct error *err)
{
	const struct diff_entry *entry = meeting->entry;
	bool differs = meeting->asked && own_changes(entry);
	bool changed = host_is_changed(&planner->since, &meeting->status);
	enum host_conflict conflict = differs && changed ? HOST_CHANGED : HOST_NO_CONFLICT;
	struct journal_directory *directory = add_directory(planner, entry->path, &meeting->status);

	directory->new = host_attributes_of(&entry->status);
	if (!meeting->asked || changed)
		set_now(planner, &directory->new);
	if (is_skipped(planner, meeting, conflict))
		return 0;
	if (!differs) {
		add_change(planner, meeting, HOST_NOTHING);
		return 0;
	}
	directory->attributes = true;
	if (host_attributes_read(planner->arena, &directory->old, meeting->dir, meeting->name,
				 err) < 0)
		return fail_in(err, "%s", entry->path);
	if (strcmp(entry->path, "/") != 0)
		host_attributes_add(planner->arena, &directory->new, entry->xattrs);
	else
		directory->new.xattrs = directory->old.xattrs;
	add_change(planner, meeting, HOST_ATTRIBUTES)->conflict = conflict;
	return 0;
}

/* Operations ----------------------------------------------------------------------------------- */

static int add_operation(struct planner *planner, const struct meeting *meeting,
			 enum host_conflict conflict, struct error *err)
{
	const struct diff_entry *entry = meeting->entry;
	struct journal *journal = &planner->plan->journal;
	struct journal_directory *parent = parent_of(planner, entry->path);
	struct journal_operation *operation;
	struct host_change *change;

	if (!parent)
		return fail(err, EBUSY, "%s: the host changes it just now", entry->path);
	if (planner_check_changeable(planner, meeting, err) < 0)
		return -1;
	journal->operations.items = planner_grow(planner->arena, journal->operations.items,
						 journal->operations.count,
						 &planner->operation_room, sizeof(*operation));
	operation = &journal->operations.items[journal->operations.count];
	*operation = (struct journal_operation){
		.part = (uint32_t)planner->part_index,
		.path = arena_strdup(planner->arena, entry->path),
	};
	if (planner_find_area(planner, meeting, &operation->area, err) < 0)
		return -1;
	if (meeting->there)
		operation->old = journal_see(&meeting->status);
	parent->touched = true;
	change = add_change(planner, meeting, HOST_MOVES);
	change->operation = journal->operations.count++;
	change->conflict = conflict;
	if (entry->kind != DIFF_DELETED && S_ISDIR(entry->status.st_mode)) {
		set_cover(planner, COVER_NEW, entry->path);
		planner->cover_operation = change->operation;
	}
	return 0;
}

/* Something that is not a directory on both sides. */
static int meet_others(struct planner *planner, const struct meeting *meeting, struct error *err)
{
	const struct diff_entry *entry = meeting->entry;
	bool directory = meeting->there && S_ISDIR(meeting->status.st_mode);
	enum host_conflict conflict = HOST_NO_CONFLICT;
	int changed = 0;

	if (meeting->there) {
		changed = host_is_changed_below(&planner->since, meeting->dir, meeting->name,
						&meeting->status, err);
		if (changed < 0)
			return fail_in(err, "%s", entry->path);
		if (changed)
			conflict = directory ? HOST_FILLED : HOST_CHANGED;
	} else if (entry->kind != DIFF_DELETED &&
		   host_has_lost(&planner->since, entry, planner->part->stack.user_xattr,
				 meeting->dir)) {
		conflict = HOST_LOST;
	}
	if (meeting->there && entry->kind != DIFF_DELETED && (changed || !entry->changed)) {
		int equal =
			host_is_equal(entry, meeting->dir, meeting->name, &meeting->status, err);

		if (equal < 0)
			return -1;
		if (equal) {
			add_change(planner, meeting, HOST_NOTHING);
			return 0;
		}
	}
	if (is_skipped(planner, meeting, conflict)) {
		set_cover(planner, COVER_SKIPPED, entry->path);
		return 0;
	}
	return add_operation(planner, meeting, conflict, err);
}

static int meet(struct planner *planner, struct meeting *meeting, struct error *err)
{
	const struct diff_entry *entry = meeting->entry;
	bool new_directory = entry->kind != DIFF_DELETED && S_ISDIR(entry->status.st_mode);

	meeting->dir = host_place_go(&planner->place, entry->path, &meeting->name);
	if (meeting->dir < 0)
		return fail_errno(err, "%s: the directory above it on the host", entry->path);
	if (fstatat(meeting->dir, meeting->name, &meeting->status, AT_SYMLINK_NOFOLLOW) == 0)
		meeting->there = true;
	else if (errno != ENOENT)
		return fail_errno(err, "%s", entry->path);
	if (!meeting->there && entry->kind == DIFF_DELETED)
		return 0;
	if (planner_meets_mount(planner, entry->path, meeting->there && !new_directory) &&
	    is_skipped(planner, meeting, HOST_MOUNTED)) {
		set_cover(planner, COVER_SKIPPED, entry->path);
		return 0;
	}
	if (new_directory && meeting->there && S_ISDIR(meeting->status.st_mode))
		return meet_directories(planner, meeting, err);
	return meet_others(planner, meeting, err);
}

static int plan_entry(const struct diff_entry *entry, void *context, struct error *err)
{
	struct planner *planner = context;
	enum selection selection;
	struct meeting meeting = { .entry = entry };

	selection = planner_selects(planner, entry->path);
	if (selection == SELECT_NOT)
		return 0;
	meeting.asked = selection == SELECT_ASKED;
	if (!is_covered(planner, entry->path))
		return meet(planner, &meeting, err);
	if (planner->cover == COVER_NEW && entry->kind != DIFF_DELETED)
		add_change(planner, &meeting, HOST_WITHIN)->operation = planner->cover_operation;
	return 0;
}

/* The root of a part is listed only if its attributes differ, but may be what things come into. */
static int begin_part(struct planner *planner, struct error *err)
{
	const struct host_part *part = planner->part;
	struct journal_directory *directory;
	struct stat old, new;

	if (fstat(part->dir, &old) < 0 || fstat(part->stack.upper, &new) < 0)
		return fail_errno(err, "%s", part->target);
	planner->depth = 0;
	planner->cover = COVER_NONE;
	directory = add_directory(planner, "/", &old);
	directory->new = host_attributes_of(&new);
	if (planner->options->paths.count || host_is_changed(&planner->since, &old))
		set_now(planner, &directory->new);
	return 0;
}

/* Leaves out the directories that nothing is done to. */
static void drop_directories(struct planner *planner)
{
	struct journal *journal = &planner->plan->journal;
	size_t kept = 0;

	for (size_t i = 0; i < journal->directories.count; i++) {
		struct journal_directory *directory = &journal->directories.items[i];

		if (directory->touched || directory->attributes)
			journal->directories.items[kept++] = *directory;
	}
	journal->directories.count = kept;
}

int host_plan(const struct host_part *parts, size_t part_count,
	      const struct host_plan_options *options, struct arena *arena, struct host_plan *plan,
	      struct error *err)
{
	struct planner planner = {
		.arena = arena,
		.options = options,
		.plan = plan,
		.since = options->since,
		.used = arena_array(arena, bool, options->paths.count),
	};
	struct string_list *targets = &plan->journal.targets;

	*plan = (struct host_plan){ 0 };
	targets->items = arena_array(arena, char *, part_count + 1);
	for (size_t i = 0; i < part_count; i++) {
		int result;

		planner.part = &parts[i];
		planner.part_index = i;
		planner.since.target = parts[i].target;
		planner.place = HOST_PLACE(parts[i].dir);
		targets->items[targets->count++] = arena_strdup(arena, parts[i].target);
		result = begin_part(&planner, err);
		if (result == 0)
			result = diff_walk(&parts[i].stack, plan_entry, &planner, err);
		host_place_free(&planner.place);
		if (result < 0)
			return -1;
	}
	drop_directories(&planner);
	for (size_t i = 0; i < options->paths.count; i++)
		if (!planner.used[i])
			return fail(err, ENOENT, "%s: the container has changed nothing there",
				    options->paths.items[i]);
	return 0;
}
