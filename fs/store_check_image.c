/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/store_check_work.h"

#define MAX_NESTING 4

/* Blobs --------------------------------------------------------------------------------------- */

static int blob_damaged(struct store_work *work, struct store_item *blob, const char *found,
			struct error *err)
{
	const char *what = arena_printf(work->arena, "blob sha256:%s", blob->name);
	bool repair = work->check->repair;

	blob->state = ITEM_DAMAGED;
	store_check_add(work->check, STORE_DAMAGE, what,
			arena_printf(work->arena, "%s (%s)", found, work->image),
			repair ? BRING_AGAIN : REPAIR "; then " BRING_AGAIN);
	if (!repair)
		return 0;
	if (unlinkat(work->check->store->blobs, blob->name, 0) < 0)
		return fail_errno(err, "remove %s", what);
	store_check_add(work->check, STORE_REPAIRED, what, "was removed", NULL);
	return 0;
}

static int read_blob(struct store_work *work, struct store_item *blob, struct layer_check *layer,
		     struct store_item *tree, struct error *err)
{
	const struct store *store = work->check->store;
	cleanup_fd int folder = -1, fd = store_open_blob(store, layer->digest, err);

	if (fd < 0)
		return -1;
	if (tree && tree->state == ITEM_UNKNOWN) {
		folder = openat(store->layers, tree->name,
				O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (folder < 0)
			return fail_errno(err, "layer %s", tree->name);
	}
	layer->tree = folder;
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (layer_check(fd, layer, err) < 0)
		return fail_in(err, "blob %s", blob->name);
	return 0;
}

/*
 * Reads the blob, once for all that refer to it; with a diff-id also what is in it, beside the
 * unpacked layer if there is one.
 */
static int verify(struct store_work *work, struct store_item *blob, const char *diff_id,
		  struct error *err)
{
	struct layer_check layer = {
		.digest = arena_printf(work->arena, "sha256:%s", blob->name),
		.diff_id = diff_id,
		.keep_owner = geteuid() == 0,
	};
	struct store_item *tree = diff_id ? store_items_find(&work->layers, diff_id + 7) : NULL;

	if (tree)
		tree->used = true;
	if (blob->state == ITEM_DAMAGED || (blob->state == ITEM_WHOLE && !diff_id) ||
	    (blob->diff_id && diff_id && !strcmp(blob->diff_id, diff_id)))
		return 0;
	if (read_blob(work, blob, &layer, tree, err) < 0)
		return -1;
	if (layer.blob_wrong[0])
		return blob_damaged(work, blob, arena_strdup(work->arena, layer.blob_wrong), err);
	if (blob->state == ITEM_UNKNOWN) {
		work->check->blobs++;
		work->check->bytes += layer.size;
	}
	blob->state = ITEM_WHOLE;
	blob->diff_id = diff_id;
	if (layer.archive_wrong[0]) {
		store_check_add(work->check, STORE_DAMAGE, work->image,
				arena_printf(work->arena, "layer %s: %s", layer.digest,
					     layer.archive_wrong),
				BRING_AGAIN);
		return 0;
	}
	if (layer.tree < 0)
		return 0;
	work->check->layers++;
	if (layer.tree_count)
		return store_layer_damaged(work, tree, &layer, err);
	tree->state = ITEM_WHOLE;
	return 0;
}

/* Returns 1 when the blob is there and whole, 0 when that was found wrong. */
static int check_blob(struct store_work *work, const struct image_descriptor *descriptor,
		      const char *diff_id, struct error *err)
{
	const char *digest = descriptor->digest;
	struct store_item *blob;

	if (strncmp(digest, "sha256:", 7) != 0) {
		store_check_add(
			work->check, STORE_NOTE, work->image,
			arena_printf(work->arena, "%s is no sha256 digest: not looked at", digest),
			NULL);
		return 0;
	}
	blob = store_items_find(&work->blobs, digest + 7);
	if (!blob) {
		/* image-spec: such a layer is not to be distributed, but had from its URLs */
		bool foreign = descriptor->urls.count > 0;

		store_check_add(work->check, foreign ? STORE_NOTE : STORE_DAMAGE, work->image,
				arena_printf(work->arena, "its blob %s is missing", digest),
				foreign ? NULL : BRING_AGAIN);
		return 0;
	}
	blob->used = true;
	if (blob->state == ITEM_UNKNOWN && blob->size != descriptor->size)
		return blob_damaged(work, blob,
				    arena_printf(work->arena, "it has %lld bytes instead of %lld",
						 (long long)blob->size,
						 (long long)descriptor->size),
				    err);
	if (verify(work, blob, diff_id, err) < 0)
		return -1;
	return blob->state == ITEM_WHOLE;
}

/* Images -------------------------------------------------------------------------------------- */

static int bad_document(struct store_work *work, const struct error *why)
{
	store_check_add(work->check, STORE_DAMAGE, work->image,
			arena_strdup(work->arena, why->text), BRING_AGAIN);
	return 0;
}

static bool is_layer(const struct image_descriptor *layer)
{
	return strstr(layer->media_type, ".tar") != NULL;
}

static int check_layers(struct store_work *work, const struct image_manifest *manifest,
			const struct string_list *diff_ids, struct error *err)
{
	size_t count = manifest->layers.count;
	bool known = diff_ids->count == count;

	for (size_t i = 0; i < count; i++) {
		const struct image_descriptor *layer = &manifest->layers.items[i];
		const char *diff_id = known && is_layer(layer) ? diff_ids->items[i] : NULL;

		if (diff_id && strncmp(diff_id, "sha256:", 7) != 0)
			diff_id = NULL;
		if (check_blob(work, layer, diff_id, err) < 0)
			return -1;
	}
	if (!known && diff_ids->count)
		store_check_add(work->check, STORE_DAMAGE, work->image,
				arena_printf(work->arena, "%zu diff_ids for %zu layers",
					     diff_ids->count, count),
				BRING_AGAIN);
	return 0;
}

static int check_manifest(struct store_work *work, const char *digest, const char *text,
			  size_t size, struct error *err)
{
	struct image_manifest manifest;
	struct image_config config = { 0 };
	char *config_text;
	size_t config_size;
	int whole;

	if (image_manifest_decode(work->arena, digest, text, size, &manifest, err) < 0)
		return bad_document(work, err);
	whole = check_blob(work, &manifest.config, NULL, err);
	if (whole < 0)
		return -1;
	/* an artifact's config is something else */
	if (whole &&
	    (!manifest.config.media_type || strstr(manifest.config.media_type, "image.config") ||
	     strstr(manifest.config.media_type, "container.image")))
		if (store_read_document(work->check->store, manifest.config.digest, work->arena,
					&config_text, &config_size, err) < 0 ||
		    image_config_decode(work->arena, manifest.config.digest, config_text,
					config_size, &config, err) < 0)
			bad_document(work, err);
	return check_layers(work, &manifest, &config.rootfs.diff_ids, err);
}

static int check_entry(struct store_work *work, const struct image_descriptor *entry, bool top,
		       int depth, struct error *err)
{
	struct image_index index;
	char *text;
	size_t size;
	int whole;

	/* an index for many platforms is whole with only this machine's below it */
	if (!top && strncmp(entry->digest, "sha256:", 7) == 0 &&
	    !store_items_find(&work->blobs, entry->digest + 7))
		return 0;
	whole = check_blob(work, entry, NULL, err);
	if (whole <= 0)
		return whole;
	if (store_read_document(work->check->store, entry->digest, work->arena, &text, &size, err) <
	    0)
		return bad_document(work, err);
	if (!image_is_index(entry->media_type))
		return check_manifest(work, entry->digest, text, size, err);
	if (image_index_decode(work->arena, entry->digest, text, size, &index, err) < 0)
		return bad_document(work, err);
	for (size_t i = 0; depth < MAX_NESTING && i < index.manifests.count; i++)
		if (check_entry(work, &index.manifests.items[i], false, depth + 1, err) < 0)
			return -1;
	return 0;
}

/* Directories of this machine that the image lies upon. */
static void check_recorded(struct store_work *work, const struct image *image)
{
	const struct store *store = work->check->store;
	struct string_list lowers;
	struct stat status;
	struct error err;
	size_t missing;

	if (store_lowers(store, image, work->arena, &lowers, &missing, &err) < 0) {
		bad_document(work, &err);
		return;
	}
	for (size_t i = image->config.rootfs.diff_ids.count; i < lowers.count; i++)
		if (stat(lowers.items[i], &status) < 0 || !S_ISDIR(status.st_mode))
			store_check_add(work->check, STORE_DAMAGE, work->image,
					arena_printf(work->arena,
						     "it lies upon the directory %s, which is not "
						     "there",
						     lowers.items[i]),
					"put it back, or remove the image with 'rmi'");
}

/* An image without a name that a container is from: a commit of that needs it. */
static int check_kept(struct store_work *work, const char *digest, struct error *err)
{
	const struct store_item *blob = store_items_find(&work->blobs, digest + 7);
	const struct image_descriptor entry = {
		.media_type = (char[]){ IMAGE_MEDIA_TYPE_MANIFEST },
		.digest = (char *)digest,
		.size = blob ? blob->size : 0,
	};

	/* one that was pruned before the container was made a keeper of it is no damage */
	if (!blob || blob->used)
		return 0;
	work->image = arena_printf(work->arena, "image %s of a container", digest);
	return check_entry(work, &entry, true, 0, err);
}

int store_check_images(struct store_work *work, const struct image_index *index, struct error *err)
{
	for (size_t i = 0; i < index->manifests.count; i++) {
		struct image_descriptor *entry = &index->manifests.items[i];
		const char *name = descriptor_name(entry);
		size_t before = store_check_count(work->check, STORE_DAMAGE);
		struct image image = { .entry = entry, .name = (char *)(name ?: "") };
		struct error ignored;

		work->image = arena_printf(work->arena, "image %s", name ?: entry->digest);
		if (check_entry(work, entry, true, 0, err) < 0)
			return fail_in(err, "%s", work->image);
		if (before == store_check_count(work->check, STORE_DAMAGE) &&
		    store_read_image(work->check->store, work->arena, &image, &ignored) == 0)
			check_recorded(work, &image);
		work->check->images++;
	}
	for (size_t i = 0; i < work->keep.count; i++)
		if (image_is_digest(work->keep.items[i]) &&
		    check_kept(work, work->keep.items[i], err) < 0)
			return -1;
	return 0;
}
