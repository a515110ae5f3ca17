/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/progress.h"
#include "fs/intake.h"
#include "fs/store.h"

/*
 * Images from outside: archives and folders of an OCI image layout, and the archives of docker and
 * podman. What is read is verified before any of it has a name in the store, and all images of an
 * archive get theirs in one replacement of index.json. After a failure the index is as before, and
 * what came is removed, or rubbish for prune where it had been made durable already.
 *
 * Bytes are stored as they come, compressed or not: the digests of an OCI layout remain those that
 * others know, a layer of docker's archives, which are plain, has its diff_id as its digest (so a
 * second load finds it there, whatever version of a compressor is installed), and no time is spent
 * on compression. A push compresses.
 */
struct image_load {
	const struct store *store;
	struct progress *progress; /* may be NULL */
	/* Of the only image that there is, instead of what the archive calls it; NULL: as it does.
	 */
	const char *name;
	struct arena *arena;
	/* the result: each name and its image; one without a name is called by its digest */
	struct store_name *names;
	size_t count;
};

/* From an archive that fd reads, in one pass, a pipe as well; or from the folder that fd is. */
int image_load(struct image_load *load, int fd, struct error *err);

/*
 * From a folder of an OCI layout below the store's own, which nobody else uses: its files are moved
 * instead of copied.
 */
int image_load_adopt(struct image_load *load, int folder, struct error *err);

/* Adds one result, for who finds the images. name NULL: it has none. */
void image_load_add(struct image_load *load, const char *name,
		    const struct image_descriptor *descriptor);
