/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * A folder of names without contents: the lower layer of a root of which every part is mounted. The
 * mount points are in it, so that they are no change of the container's.
 */

struct skeleton_entry {
	const char *path; /* clean and absolute, below the skeleton's root */
	mode_t mode;	  /* with its type: a directory, a regular file or a symbolic link */
	uid_t uid;	  /* of a directory, where they can be given */
	gid_t gid;
	const char *link; /* what that says */
};

/* What is above comes first. */
struct skeleton {
	struct skeleton_entry *items;
	size_t count;
};

/* Makes it as the folder name in directory parent. */
int skeleton_make(const struct skeleton *skeleton, int parent, const char *name, struct error *err);
