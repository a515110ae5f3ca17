/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Documents of images from anywhere. The first byte says which it is; what is decoded must decode
 * again when encoded, to the same, and its digests must be fit for paths.
 */
#include <stdlib.h>
#include <string.h>

#include "specs/image_document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

union document {
	struct image_layout layout;
	struct image_index index;
	struct image_manifest manifest;
	struct image_config config;
};

static char *pass(struct arena *arena, int kind, const char *text, size_t *size,
		  union document *document)
{
	struct error err;

	switch (kind) {
	case 'l':
		if (image_layout_decode(arena, "l", text, *size, &document->layout, &err) < 0)
			return NULL;
		return image_layout_encode(arena, &document->layout, size);
	case 'i':
		if (image_index_decode(arena, "i", text, *size, &document->index, &err) < 0)
			return NULL;
		return image_index_encode(arena, &document->index, size);
	case 'm':
		if (image_manifest_decode(arena, "m", text, *size, &document->manifest, &err) < 0)
			return NULL;
		return image_manifest_encode(arena, &document->manifest, size);
	case 'c':
		if (image_config_decode(arena, "c", text, *size, &document->config, &err) < 0)
			return NULL;
		return image_config_encode(arena, &document->config, size);
	default:
		return NULL;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	union document document;
	char *text, *again;
	size_t length;

	if (size == 0)
		return 0;
	size--;
	text = pass(&arena, data[0], (const char *)data + 1, &size, &document);
	if (!text)
		return 0;
	if (data[0] == 'm' && (strchr(document.manifest.config.digest, '/') ||
			       strstr(document.manifest.config.digest, "..")))
		abort();
	length = size;
	again = pass(&arena, data[0], text, &length, &document);
	if (!again || length != size || memcmp(text, again, size) != 0)
		abort();
	return 0;
}
