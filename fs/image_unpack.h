/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/progress.h"
#include "fs/store.h"

struct image_unpack_options {
	uint64_t max_bytes, max_ratio; /* of one layer: see fs/unpack.h; 0: its defaults */
	unsigned jobs;		       /* layers at a time; 0: as many as there are processors */
	struct progress *progress;     /* NULL: nobody looks */
};

/*
 * Unpacks those layers of image that are not in <data>/layers yet, several at a time, each into a
 * temporary folder beside; when all are there and on disk they are renamed to the hex of their
 * diff-ids, otherwise none is kept. Digests of blob and archive must be those that the manifest and
 * config name. Who unpacks a layer has its blob locked (flock(2)); another one that wants the same
 * layer waits for that and finds it unpacked. Returns how many it unpacked. options may be NULL.
 */
int image_unpack(const struct store *store, const struct image *image,
		 const struct image_unpack_options *options, struct error *err);

/*
 * For run: finds the image, unpacks what is missing, and gives the directories to stack. Returns
 * the layers' lock, shared, which the caller holds until the container has recorded them.
 */
int image_prepare(const struct store *store, const char *name, struct arena *arena,
		  struct image *image, struct string_list *lowers, struct error *err);
