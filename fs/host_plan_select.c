/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/path.h"
#include "fs/host_area.h"
#include "fs/host_planner.h"

/* .ctr-undo, and .ctr-undo-RANDOM */
static bool is_undo_folder(const char *path)
{
	for (const char *at = path; (at = strstr(at, "/" HOST_UNDO_FOLDER)); at++) {
		char end = at[strlen("/" HOST_UNDO_FOLDER)];

		if (!end || end == '/' || end == '-')
			return true;
	}
	return false;
}

enum selection planner_selects(struct planner *planner, const char *path)
{
	const struct string_list *paths = &planner->options->paths;
	enum selection selection = SELECT_NOT;
	const char *place;

	if (is_undo_folder(path))
		return SELECT_NOT;
	if (!paths->count)
		return SELECT_ASKED;
	place = host_path(planner->arena, planner->part->target, path);
	for (size_t i = 0; i < paths->count; i++) {
		if (path_behind(place, paths->items[i])) {
			planner->used[i] = true;
			selection = SELECT_ASKED;
		} else if (selection == SELECT_NOT && path_behind(paths->items[i], place)) {
			selection = SELECT_PARENT;
		}
	}
	return selection;
}

bool planner_meets_mount(const struct planner *planner, const char *path, bool below)
{
	const struct string_list *mounts = &planner->options->mounts;
	const char *place;

	if (!mounts->count || !strcmp(path, "/"))
		return false;
	place = host_path(planner->arena, planner->part->target, path);
	for (size_t i = 0; i < mounts->count; i++) {
		const char *rest = path_behind(mounts->items[i], place);

		if (rest && (below || !*rest))
			return true;
	}
	return false;
}
