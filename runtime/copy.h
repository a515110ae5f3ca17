/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/progress.h"
#include "runtime/settings.h"

/* `cp`: files and trees into and out of containers, as podman-cp(1) has it. */

/* One side of a copy. */
struct copy_end {
	const char *container; /* NULL: the host */
	const char *path;      /* on the host "-" is a tar archive on standard input or output */
};

/*
 * "ID:PATH", or a path of the host: whatever begins with "/" or ".", or has no colon. The strings
 * are text's and the arena's. EINVAL when one of them is empty.
 */
int copy_end_parse(struct arena *arena, const char *text, struct copy_end *end, struct error *err);

/* What is known of a target before the copy. */
enum copy_target { TARGET_MISSING, TARGET_FILE, TARGET_DIRECTORY };

/* What becomes of a source at a target. */
enum copy_way {
	COPY_INTO,     /* under its own name into the target, a directory */
	COPY_AS,       /* under the target's name into the directory that that is in */
	COPY_CONTENTS, /* what is in it into the target, a directory */
};

/*
 * The rules: directory and contents are of the source ("dir/." has the contents meant), slash says
 * that the target's path ends with one. Returns the enum copy_way, or -1 with ENOTDIR or ENOENT.
 * Pure.
 */
int copy_decide(bool directory, bool contents, enum copy_target target, bool slash,
		struct error *err);

struct copy_options {
	bool owner;	/* what is copied belongs to who gets it: else its owners stay */
	bool overwrite; /* a directory may be replaced by a file, and the other way round */
	struct progress *progress;
};

/*
 * Copies. Paths of a container are the container's: links in them lead nowhere else, and relative
 * ones begin at its working directory. One side at least is a container.
 */
int container_copy(const struct settings *settings, const struct copy_end *from,
		   const struct copy_end *to, const struct copy_options *options,
		   struct error *err);
