/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/store.h"

/* The blobs that make up images, each once, in the order in which they lead to each other. */
struct image_blobs {
	struct arena *arena;
	struct image_blob {
		const char *digest;
		uint64_t size;
	} * items;
	size_t count, room;
	uint64_t size; /* of all */
};

/*
 * Adds those that entry leads to. Of an index for several platforms the images that are not in the
 * store are left out, unless one is for this machine. The caller holds the blobs' lock, shared.
 */
int image_blobs_add(struct image_blobs *blobs, const struct store *store,
		    const struct image_descriptor *entry, struct error *err);

/* EPERM for an image that records directories of this machine, which is nothing elsewhere. */
int image_check_portable(const struct image *image, struct error *err);
