/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/run_changes.h"

/*
 * The mounts that options of `run` and the volumes of an image ask for, added to spec->mounts.
 * Pure, except that sources which are relative begin at the working directory.
 */
struct run_mounts {
	const struct run_changes *changes;
	/* VOLUME of the image: those that no option mounts something at get a folder too */
	const struct string_list *image_volumes;
	const char *data; /* the container's data folder, where volumes without a source lie */
	/* Set: the folders to be made in it, each behind those above it. */
	struct string_list folders;
};

int run_mounts_apply(struct arena *arena, struct run_mounts *mounts, struct spec *spec,
		     struct error *err);
