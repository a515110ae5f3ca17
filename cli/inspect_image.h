/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/store.h"
#include "specs/json_writer.h"

/*
 * All that is known of an image, as one JSON object. Its members are called as those of `podman
 * image inspect`, since scripts that look at images know these. The config has the members of the
 * image specification. all has the images of the store, for the other names.
 */
void inspect_write_image(struct json_writer *writer, const struct image *image,
			 const struct image *all, size_t count, struct arena *arena);
