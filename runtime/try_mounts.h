/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

#include "runtime/try.h"

/* For the files of `try` only: the mounts of the sandbox. */

/* The mounts of the spec, and the places for them in a skeleton, as they come together. */
struct try_pieces {
	struct arena *arena;
	struct spec_mount *mounts;
	size_t count, room;
	struct skeleton *skeleton;
	size_t skeleton_room;
};

/* Fills the mounts of plan->spec, which is the template's so far, and the rest of plan. */
int try_mounts(const struct settings *settings, const struct string_list *writable,
	       struct arena *arena, struct try_plan *plan, struct error *err);

/* A mount of the host at the same place, with the words of its kind. */
void try_add_part(struct try_pieces *pieces, const struct view_part *part);

/* In try_folder.c: what is in a VIEW_FOLDER, name by name, but for what is a part itself. */
void try_add_folder(struct try_pieces *pieces, const struct host_view *view,
		    const struct view_part *folder, const struct string_list *hidden);
/* A place in the skeleton: a folder, a file, or a link to link, as what status is of. */
void try_add_place(struct try_pieces *pieces, const char *path, const struct stat *status,
		   const char *link);

/*
 * In try_writable.c: the paths of --rw as the host knows them, none below another one. Devices
 * become those of the spec instead.
 */
int try_writable(struct arena *arena, const struct string_list *paths, struct string_list *writable,
		 struct spec_linux *spec, struct error *err);
