/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/store.h"

/*
 * Unpacks those layers of image that are not in <data>/layers yet, one after the other, each into
 * a temporary folder beside, synced, then renamed to the hex of its diff-id. Digests of blob and
 * archive must be those that the manifest and config name. Two that unpack the same layer at a
 * time do the work twice, and the later one throws its own away. Returns how many it unpacked.
 */
int image_unpack(const struct store *store, const struct image *image, struct error *err);

/*
 * For run: finds the image, unpacks what is missing, and gives the directories to stack. Returns
 * the layers' lock, shared, which the caller holds until the container has recorded them.
 */
int image_prepare(const struct store *store, const char *name, struct arena *arena,
		  struct image *image, struct string_list *lowers, struct error *err);
