/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/store.h"

/* The documents of the store, for the files of fs/ that work on it. */

/* index.json; an empty one if there is none yet. */
int store_index_read(const struct store *store, struct arena *arena, struct image_index *index,
		     struct error *err);
/* Replaces it durably; under the writers' lock. */
int store_index_write(const struct store *store, struct arena *arena,
		      const struct image_index *index, struct error *err);

/* NAME:TAG of an entry of the index, or NULL. */
const char *descriptor_name(const struct image_descriptor *descriptor);

/* Reads a blob that is a JSON document. */
int store_read_document(const struct store *store, const char *digest, struct arena *arena,
			char **text, size_t *size, struct error *err);

/* Reads the manifest and config that image->entry leads to. */
int store_read_image(const struct store *store, struct arena *arena, struct image *image,
		     struct error *err);
