/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fs/image_name.h"
#include "fs/platform.h"
#include "fs/store.h"
#include "fs/store_index.h"
#include "specs/json.h"

#define MIN_PREFIX 4
/* Indexes in indexes: image-spec allows it, nobody does more than one. */
#define MAX_NESTING 4

/* Follows an index of several platforms to this machine's manifest. */
static int find_manifest(const struct store *store, const struct image_descriptor *from,
			 struct arena *arena, const char **digest, struct error *err)
{
	for (int depth = 0; depth < MAX_NESTING; depth++) {
		struct image_index index;
		const struct image_descriptor *found = NULL;
		char *text;
		size_t size;

		*digest = from->digest;
		if (!image_is_index(from->media_type))
			return 0;
		if (store_read_document(store, from->digest, arena, &text, &size, err) < 0 ||
		    image_index_decode(arena, from->digest, text, size, &index, err) < 0)
			return -1;
		for (size_t i = 0; i < index.manifests.count && !found; i++)
			if (platform_is_ours(index.manifests.items[i].platform))
				found = &index.manifests.items[i];
		if (!found)
			return fail(err, ENOENT, "%s: has no manifest for linux/%s", from->digest,
				    platform_architecture());
		from = found;
	}
	return fail(err, ELOOP, "%s: too many indexes in indexes", from->digest);
}

int store_read_image(const struct store *store, struct arena *arena, struct image *image,
		     struct error *err)
{
	const char *digest;
	char *text;
	size_t size;

	if (find_manifest(store, image->entry, arena, &digest, err) < 0 ||
	    store_read_document(store, digest, arena, &text, &size, err) < 0 ||
	    image_manifest_decode(arena, digest, text, size, &image->manifest, err) < 0)
		return -1;
	digest = image->manifest.config.digest;
	if (store_read_document(store, digest, arena, &text, &size, err) < 0 ||
	    image_config_decode(arena, digest, text, size, &image->config, err) < 0)
		return -1;
	if (image->manifest.layers.count != image->config.rootfs.diff_ids.count)
		return fail(err, EINVAL, "%s: %zu diff_ids for %zu layers", digest,
			    image->config.rootfs.diff_ids.count, image->manifest.layers.count);
	for (size_t i = 0; i < image->manifest.layers.count; i++)
		image->size += (uint64_t)image->manifest.layers.items[i].size;
	return 0;
}

/* Whether text is sha256:HEX, or at least MIN_PREFIX digits. *hex is set to the digits. */
static bool is_digest_prefix(const char *text, const char **hex)
{
	bool whole = !strncmp(text, "sha256:", 7);

	*hex = whole ? text + 7 : text;
	return strlen(*hex) >= MIN_PREFIX && strlen(*hex) <= 64 &&
	       strspn(*hex, "0123456789abcdef") == strlen(*hex);
}

static struct image_descriptor *find_name(struct image_index *index, const char *name)
{
	for (size_t i = 0; i < index->manifests.count; i++) {
		const char *present = descriptor_name(&index->manifests.items[i]);

		if (present && !strcmp(present, name))
			return &index->manifests.items[i];
	}
	return NULL;
}

/* The entry whose name fits best, or NULL. */
static int find_fitting(struct image_index *index, const char *name,
			struct image_descriptor **entry, struct error *err)
{
	int best = INT_MAX;

	*entry = NULL;
	for (size_t i = 0; i < index->manifests.count; i++) {
		struct image_descriptor *item = &index->manifests.items[i];
		const char *present = descriptor_name(item);
		int fit = present ? image_name_fit(present, name) : 0;

		if (fit && fit == best && strcmp(item->digest, (*entry)->digest) != 0)
			return fail(err, ENOTUNIQ, "image %s: may be %s or %s: say which", name,
				    descriptor_name(*entry), present);
		if (!fit || fit >= best)
			continue;
		best = fit;
		*entry = item;
	}
	return 0;
}

/* NAME[:TAG]@DIGEST: an image of that digest whose name, but for the tag, is this one. */
static int find_pinned(struct image_index *index, const char *text, struct arena *arena,
		       struct image_descriptor **entry, struct error *err)
{
	const char *digest = strchr(text, '@') + 1;
	char *wanted = image_name_repository(text, arena);

	for (size_t i = 0; i < index->manifests.count; i++) {
		struct image_descriptor *item = &index->manifests.items[i];
		const char *present = descriptor_name(item), *pinned;

		if (!present || !image_name_fit(image_name_repository(present, arena), wanted))
			continue;
		/* pulled by a registry's digest, which a manifest of Docker's loses on the way */
		pinned = strchr(present, '@');
		if (strcmp(item->digest, digest) != 0 && (!pinned || strcmp(pinned + 1, digest)))
			continue;
		*entry = item;
		return 0;
	}
	return fail(err, ENOENT, "image %s: not in the store", text);
}

static int find_prefix(struct image_index *index, const char *text, const char *hex,
		       struct image_descriptor **entry, struct error *err)
{
	*entry = NULL;
	for (size_t i = 0; i < index->manifests.count; i++) {
		struct image_descriptor *item = &index->manifests.items[i];

		if (strncmp(item->digest, "sha256:", 7) != 0 ||
		    strncmp(item->digest + 7, hex, strlen(hex)) != 0)
			continue;
		if (*entry && strcmp((*entry)->digest, item->digest) != 0)
			return fail(err, EINVAL, "image %s: several digests begin so", text);
		if (!*entry)
			*entry = item;
	}
	return *entry ? 0 : fail(err, ENOENT, "image %s: not in the store", text);
}

static int find_entry(struct image_index *index, const char *text, struct arena *arena,
		      struct image_descriptor **entry, struct error *err)
{
	struct error name_error;
	const char *hex;
	char *name;
	bool is_name = image_name_parse(text, arena, &name, &name_error) == 0;

	/* other tools name images without a tag, or as we would not: as it stands it comes first */
	if ((*entry = find_name(index, text)))
		return 0;
	if (is_name && find_fitting(index, name, entry, err) < 0)
		return -1;
	if (is_name && *entry)
		return 0;
	if (strchr(text, '@'))
		return find_pinned(index, text, arena, entry, err);
	if (is_digest_prefix(text, &hex))
		return find_prefix(index, text, hex, entry, err);
	if (!is_name)
		*err = name_error;
	return is_name ? fail(err, ENOENT, "image %s: not in the store", name) : -1;
}

static void set_entry(struct image *image, struct image_descriptor *entry)
{
	const char *name = descriptor_name(entry);

	*image = (struct image){ .entry = entry, .name = (char *)(name ? name : "") };
}

int store_find_entry(const struct store *store, const char *name, struct arena *arena,
		     struct image *image, struct error *err)
{
	struct image_descriptor *entry;
	struct image_index index;

	if (store_index_read(store, arena, &index, err) < 0 ||
	    find_entry(&index, name, arena, &entry, err) < 0)
		return -1;
	set_entry(image, entry);
	return 0;
}

int store_find(const struct store *store, const char *name, struct arena *arena,
	       struct image *image, struct error *err)
{
	if (store_find_entry(store, name, arena, image, err) < 0)
		return -1;
	if (store_read_image(store, arena, image, err) < 0) {
		/* not to be taken for "no such image" or "no such name" */
		err->errnum = EBADMSG;
		return fail_in(err, "image %s", name);
	}
	return 0;
}

static int compare_images(const void *one, const void *other)
{
	const struct image *a = one, *b = other;
	int order = strcmp(a->name, b->name);

	return order ? order : strcmp(a->entry->digest, b->entry->digest);
}

int store_list(const struct store *store, struct arena *arena, struct image **images, size_t *count,
	       struct error *err)
{
	struct image_index index;
	struct error ignored;

	if (store_index_read(store, arena, &index, err) < 0)
		return -1;
	*count = index.manifests.count;
	*images = arena_array(arena, struct image, *count);
	for (size_t i = 0; i < *count; i++) {
		struct image *image = &(*images)[i];

		set_entry(image, &index.manifests.items[i]);
		if (store_read_image(store, arena, image, &ignored) < 0) {
			set_entry(image, &index.manifests.items[i]);
			image->broken = true;
		}
	}
	if (*count)
		qsort(*images, *count, sizeof(**images), compare_images);
	return 0;
}

/* The recorded directories, when the index says that they may be believed. */
static int read_recorded(const struct image *image, struct arena *arena, struct string_list *list,
			 struct error *err)
{
	const char *claimed = string_map_get(&image->manifest.annotations, ANNOTATION_LOWER);
	const char *ours = string_map_get(&image->entry->annotations, ANNOTATION_LOWER);
	struct json *root, *item;

	*list = (struct string_list){ 0 };
	if (!ours && claimed)
		return fail(err, EPERM,
			    "image %s: was committed over %s of another machine, and images from "
			    "elsewhere may not name directories of this one",
			    image->name, claimed);
	if (!ours)
		return 0;
	if (json_parse(arena, ANNOTATION_LOWER, ours, strlen(ours), &root, err) < 0)
		return -1;
	if (root->kind != JSON_ARRAY)
		return fail(err, EINVAL, "%s: array expected", ANNOTATION_LOWER);
	list->items = arena_array(arena, char *, root->count + 1);
	for (item = root->first; item; item = item->next) {
		if (item->kind != JSON_STRING || item->text[0] != '/')
			return fail(err, EINVAL, "%s: absolute directories expected",
				    ANNOTATION_LOWER);
		list->items[list->count++] = arena_strdup(arena, item->text);
	}
	return 0;
}

/* Whether a layer lies higher up already: overlayfs does not take a directory twice, and what it
 * says there it need not say again. */
static bool comes_again(const struct string_list *diff_ids, size_t which)
{
	for (size_t i = which + 1; i < diff_ids->count; i++)
		if (!strcmp(diff_ids->items[i], diff_ids->items[which]))
			return true;
	return false;
}

int store_lowers(const struct store *store, const struct image *image, struct arena *arena,
		 struct string_list *lowers, size_t *missing, struct error *err)
{
	const struct string_list *diff_ids = &image->config.rootfs.diff_ids;
	struct string_list recorded;

	*missing = 0;
	if (read_recorded(image, arena, &recorded, err) < 0)
		return -1;
	*lowers = (struct string_list){
		.items = arena_array(arena, char *, diff_ids->count + recorded.count + 1),
	};
	for (size_t i = diff_ids->count; i-- > 0;) {
		const char *diff_id = diff_ids->items[i], *hex = diff_id + 7;
		struct stat status;

		if (strncmp(diff_id, "sha256:", 7) != 0)
			return fail(err, EINVAL, "image %s: diff_id %s is no sha256 digest",
				    image->name, diff_id);
		if (comes_again(diff_ids, i))
			continue;
		if (fstatat(store->layers, hex, &status, AT_SYMLINK_NOFOLLOW) < 0) {
			if (errno != ENOENT)
				return fail_errno(err, "layer %s", hex);
			(*missing)++;
		}
		lowers->items[lowers->count++] = arena_printf(arena, "%s/%s", store->path, hex);
	}
	for (size_t i = 0; i < recorded.count; i++)
		lowers->items[lowers->count++] = recorded.items[i];
	return 0;
}
