/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/image_blobs.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/platform.h"
#include "fs/store_index.h"

#define MAX_NESTING 4

static int add(struct image_blobs *blobs, const struct store *store, const char *digest,
	       struct error *err)
{
	cleanup_fd int fd = store_open_blob(store, digest, err);
	struct stat status;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0)
		return fail_errno(err, "blob %s", digest);
	for (size_t i = 0; i < blobs->count; i++)
		if (!strcmp(blobs->items[i].digest, digest))
			return 0;
	if (blobs->count == blobs->room) {
		size_t room = blobs->room ? 2 * blobs->room : 64;
		struct image_blob *items = arena_array(blobs->arena, struct image_blob, room);

		if (blobs->count)
			memcpy(items, blobs->items, blobs->count * sizeof(*items));
		blobs->items = items;
		blobs->room = room;
	}
	blobs->items[blobs->count].digest = digest;
	blobs->items[blobs->count++].size = (uint64_t)status.st_size;
	blobs->size += (uint64_t)status.st_size;
	return 0;
}

static bool is_there(const struct store *store, const char *digest)
{
	struct error ignored;
	cleanup_fd int fd = store_open_blob(store, digest, &ignored);

	return fd >= 0;
}

static int add_manifest(struct image_blobs *blobs, const struct store *store, const char *digest,
			struct error *err)
{
	struct image_manifest manifest;
	char *text;
	size_t size;

	if (store_read_document(store, digest, blobs->arena, &text, &size, err) < 0 ||
	    image_manifest_decode(blobs->arena, digest, text, size, &manifest, err) < 0 ||
	    add(blobs, store, manifest.config.digest, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest.layers.count; i++)
		if (add(blobs, store, manifest.layers.items[i].digest, err) < 0)
			return -1;
	return 0;
}

static int add_entry(struct image_blobs *blobs, const struct store *store,
		     const struct image_descriptor *entry, int depth, struct error *err)
{
	struct image_index index;
	char *text;
	size_t size;

	if (depth > MAX_NESTING)
		return fail(err, ELOOP, "%s: too many indexes in indexes", entry->digest);
	if (add(blobs, store, entry->digest, err) < 0)
		return -1;
	if (!image_is_index(entry->media_type))
		return add_manifest(blobs, store, entry->digest, err);
	if (store_read_document(store, entry->digest, blobs->arena, &text, &size, err) < 0 ||
	    image_index_decode(blobs->arena, entry->digest, text, size, &index, err) < 0)
		return -1;
	for (size_t i = 0; i < index.manifests.count; i++) {
		const struct image_descriptor *item = &index.manifests.items[i];

		if (!platform_is_ours(item->platform) && !is_there(store, item->digest))
			continue;
		if (add_entry(blobs, store, item, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

int image_blobs_add(struct image_blobs *blobs, const struct store *store,
		    const struct image_descriptor *entry, struct error *err)
{
	return add_entry(blobs, store, entry, 0, err);
}

int image_check_portable(const struct image *image, struct error *err)
{
	if (!string_map_get(&image->entry->annotations, ANNOTATION_LOWER) &&
	    !string_map_get(&image->manifest.annotations, ANNOTATION_LOWER))
		return 0;
	return fail(
		err, EPERM,
		"image %s: its base are directories of this machine, without which it is nothing "
		"elsewhere ('export' of a container of it takes the whole root)",
		image->name);
}
