/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/progress.h"
#include "fs/archive.h"
#include "fs/unpack.h"

/*
 * Copies of files and trees into trees that are there already, and into and out of archives: what
 * `cp` needs. Neither side is trusted: nothing is opened through a link that somebody else may have
 * put there, on either side.
 */

/* What is copied: name in directory parent ("." is the directory itself), no link followed. */
struct tree_source {
	int parent;
	const char *name;
	bool contents; /* of a directory only what is in it */
	/* How owners as they are found are those that are meant; NULL or empty: they are. */
	const struct spec_id_mappings *uids, *gids;
};

/* As name into directory. name is not used when contents are copied. */
int tree_copy(const struct tree_source *source, int directory, const char *name,
	      const struct unpack_merge *merge, struct progress *progress, struct error *err);

/* The same as a tar archive to the file descriptor output, with name as its first. */
int tree_copy_out(const struct tree_source *source, const char *name, int output,
		  struct progress *progress, struct error *err);

/* A tar archive, compressed or not, from the file descriptor input into directory. */
int tree_copy_in(int input, int directory, const struct unpack_merge *merge,
		 struct progress *progress, struct error *err);
