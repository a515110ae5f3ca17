/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/layer_check.h"
#include "fs/store_check.h"
#include "fs/store_index.h"
#include "fs/store_items.h"

/* What the files of store_check() share. */

#define BRING_AGAIN "load, pull or commit the image again, or remove it with 'rmi'"
#define REPAIR "'check --store --repair' removes it"

struct store_work {
	struct store_check *check;
	struct arena *arena;
	struct store_items blobs, layers;
	struct string_list keep;
	const char *image; /* at work, as findings name it */
};

/* An unpacked layer differs from its archive. */
int store_layer_damaged(struct store_work *work, struct store_item *layer,
			const struct layer_check *answer, struct error *err);

/* store_check_image.c: follows the index, and the images that containers keep. */
int store_check_images(struct store_work *work, const struct image_index *index, struct error *err);
