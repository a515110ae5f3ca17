/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/progress.h"
#include "fs/image_commit.h"

/*
 * A tar archive of a root as an image of one layer. An archive compressed with gzip or zstd becomes
 * the layer as it is; one that is not, or by what image-spec does not know (xz, bzip2, lz4), is
 * compressed with zstd. It is unpacked at once, so that what cannot be run is refused now.
 */
struct image_import {
	const struct store *store;
	int input;				 /* read to its end */
	const char *source;			 /* what it is called, for progress and history */
	const char *name;			 /* NAME[:TAG] */
	const char *message;			 /* NULL: "imported from SOURCE" */
	const struct image_execution *execution; /* the config's */
	const char *architecture, *os, *variant; /* NULL: this machine's */
	struct progress *progress;
};

/* Everything of *commit but its results is the import's; the caller ends with image_commit_end().
 */
int image_import(const struct image_import *import, struct image_commit *commit, struct error *err);
