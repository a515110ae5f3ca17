/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/oci_archive.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "fs/image_name.h"
#include "fs/platform.h"
#include "fs/store_index.h"
#include "specs/json.h"

/* Indexes in indexes, as the store follows them. */
#define MAX_NESTING 4
/* What docker and containerd call an image by; the specification's name has but the tag then. */
#define ANNOTATION_CONTAINERD_NAME "io.containerd.image.name"

/* The file of a descriptor, as large as that says. Returns 0 and NULL if it is not there. */
static int find_blob(struct intake *intake, const struct image_descriptor *descriptor,
		     struct intake_file **file, struct error *err)
{
	int found = intake_find_blob(intake, descriptor->digest, file, err);

	if (found < 0)
		return -1;
	if (!found) {
		*file = NULL;
		return 0;
	}
	if ((uint64_t)descriptor->size != (*file)->blob.size)
		return fail(err, EBADMSG, "blob %s: has %llu bytes instead of %lld",
			    descriptor->digest, (unsigned long long)(*file)->blob.size,
			    (long long)descriptor->size);
	return 0;
}

static int need_blob(struct intake *intake, const struct image_descriptor *descriptor,
		     struct intake_file **file, struct error *err)
{
	if (find_blob(intake, descriptor, file, err) < 0)
		return -1;
	if (*file) {
		(*file)->wanted = true;
		return 0;
	}
	if (descriptor->urls.count)
		return fail(err, ENOENT,
			    "blob %s: is not in the archive but at %.200s (a foreign layer)",
			    descriptor->digest, descriptor->urls.items[0]);
	return fail(err, ENOENT, "blob %s: is not in the archive", descriptor->digest);
}

int image_load_check_layer(const struct intake_file *file, const char *diff_id, struct error *err)
{
	if (file->broken)
		return fail(err, EBADMSG, "layer %.200s: %s", file->path, file->broken);
	if (strcmp(file->diff_id.text, diff_id) != 0)
		return fail(err, EBADMSG, "layer %.200s: its diff_id is %s, in the config %s",
			    file->path, file->diff_id.text, diff_id);
	return 0;
}

static int check_layers(struct intake *intake, const struct image_manifest *manifest,
			const struct image_config *config, struct error *err)
{
	if (manifest->layers.count != config->rootfs.diff_ids.count)
		return fail(err, EBADMSG, "%zu layers in the manifest, %zu diff_ids in the config",
			    manifest->layers.count, config->rootfs.diff_ids.count);
	for (size_t i = 0; i < manifest->layers.count; i++) {
		const struct image_descriptor *layer = &manifest->layers.items[i];
		struct intake_file *file;

		if (!image_is_layer(layer->media_type))
			return fail(err, ENOTSUP, "layer %s: of the type %.100s, which is unknown",
				    layer->digest, layer->media_type);
		if (need_blob(intake, layer, &file, err) < 0 ||
		    image_load_check_layer(file, config->rootfs.diff_ids.items[i], err) < 0)
			return -1;
	}
	return 0;
}

/* A text that can be read as an index and as a manifest means different things to different
 * readers (CVE-2021-41190). */
static int decode_manifest(struct intake *intake, const struct image_descriptor *descriptor,
			   const struct intake_file *file, struct arena *arena,
			   struct image_manifest *manifest, struct error *err)
{
	struct json *root;
	char *text;
	size_t size;

	if (intake_read(intake, file, arena, &text, &size, err) < 0 ||
	    json_parse(arena, file->path, text, size, &root, err) < 0)
		return -1;
	if (json_member(root, "manifests"))
		return fail(err, EBADMSG, "%s: is a manifest and an index at once", file->path);
	if (image_manifest_decode(arena, file->path, text, size, manifest, err) < 0)
		return -1;
	if (manifest->media_type && strcmp(manifest->media_type, descriptor->media_type) != 0)
		return fail(err, EBADMSG, "%s: is of the type %.100s instead of %.100s", file->path,
			    manifest->media_type, descriptor->media_type);
	return 0;
}

/* A manifest of this machine's, or the only one: the whole image is checked. 1: an artifact. */
static int check_manifest(struct intake *intake, const struct image_descriptor *descriptor,
			  struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct image_manifest manifest;
	struct image_config config;
	struct intake_file *file;
	char *text;
	size_t size;

	if (need_blob(intake, descriptor, &file, err) < 0 ||
	    decode_manifest(intake, descriptor, file, &arena, &manifest, err) < 0)
		return -1;
	if (manifest.artifact_type || !image_is_config(manifest.config.media_type))
		return 1;
	if (need_blob(intake, &manifest.config, &file, err) < 0 ||
	    intake_read(intake, file, &arena, &text, &size, err) < 0 ||
	    image_config_decode(&arena, file->path, text, size, &config, err) < 0 ||
	    check_layers(intake, &manifest, &config, err) < 0)
		return -1;
	if (string_map_get(&manifest.annotations, ANNOTATION_LOWER))
		return fail(
			err, EPERM,
			"was committed over directories of the machine that it was made on, and "
			"is nothing without them (export and import take a whole root)");
	return 0;
}

static int decode_index(struct intake *intake, const struct image_descriptor *descriptor,
			const struct intake_file *file, struct arena *arena,
			struct image_index *index, struct error *err)
{
	char *text;
	size_t size;

	if (intake_read(intake, file, arena, &text, &size, err) < 0 ||
	    image_index_decode(arena, file->path, text, size, index, err) < 0)
		return -1;
	if (index->media_type && strcmp(index->media_type, descriptor->media_type) != 0)
		return fail(err, EBADMSG, "%s: is of the type %.100s instead of %.100s", file->path,
			    index->media_type, descriptor->media_type);
	return 0;
}

static int keep_blob(struct intake *intake, const struct image_descriptor *descriptor,
		     struct intake_file **file, struct error *err)
{
	/* other digests than sha256 are of no harm where nothing is needed */
	if (strncmp(descriptor->digest, "sha256:", 7) != 0) {
		*file = NULL;
		return 0;
	}
	if (find_blob(intake, descriptor, file, err) < 0)
		return -1;
	if (*file)
		(*file)->wanted = true;
	return 0;
}

/* What else an index leads to, as far as it is there. */
static int keep(struct intake *intake, const struct image_descriptor *descriptor, int depth,
		struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct image_manifest manifest;
	struct image_index index;
	struct intake_file *file, *other;

	if (depth > MAX_NESTING)
		return fail(err, ELOOP, "%s: too many indexes in indexes", descriptor->digest);
	if (keep_blob(intake, descriptor, &file, err) < 0)
		return -1;
	if (!file)
		return 0;
	if (image_is_index(descriptor->media_type)) {
		if (decode_index(intake, descriptor, file, &arena, &index, err) < 0)
			return -1;
		for (size_t i = 0; i < index.manifests.count; i++)
			if (keep(intake, &index.manifests.items[i], depth + 1, err) < 0)
				return -1;
		return 0;
	}
	if (decode_manifest(intake, descriptor, file, &arena, &manifest, err) < 0 ||
	    keep_blob(intake, &manifest.config, &other, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest.layers.count; i++)
		if (keep_blob(intake, &manifest.layers.items[i], &other, err) < 0)
			return -1;
	return 0;
}

static int check_entry(struct intake *intake, const struct image_descriptor *descriptor, int depth,
		       struct error *err);

static int check_index(struct intake *intake, const struct image_descriptor *descriptor, int depth,
		       struct error *err)
{
	const struct image_descriptor *ours = NULL;
	cleanup_arena struct arena arena = { 0 };
	struct image_index index;
	struct intake_file *file;

	if (depth > MAX_NESTING)
		return fail(err, ELOOP, "%s: too many indexes in indexes", descriptor->digest);
	if (need_blob(intake, descriptor, &file, err) < 0 ||
	    decode_index(intake, descriptor, file, &arena, &index, err) < 0)
		return -1;
	for (size_t i = 0; i < index.manifests.count; i++) {
		const struct image_descriptor *item = &index.manifests.items[i];

		if (!ours && platform_is_ours(item->platform))
			ours = item;
		else if (keep(intake, item, depth + 1, err) < 0)
			return -1;
	}
	if (!ours)
		return fail(err, ENOENT, "%s: has no manifest for linux/%s", descriptor->digest,
			    platform_architecture());
	return check_entry(intake, ours, depth + 1, err);
}

/* 0: an image, checked; 1: an artifact. */
static int check_entry(struct intake *intake, const struct image_descriptor *descriptor, int depth,
		       struct error *err)
{
	if (image_is_index(descriptor->media_type))
		return check_index(intake, descriptor, depth, err);
	if (image_is_manifest(descriptor->media_type))
		return descriptor->artifact_type ? 1 : check_manifest(intake, descriptor, err);
	return fail(err, ENOTSUP, "%s: of the type %.100s, which is no image", descriptor->digest,
		    descriptor->media_type);
}

/* What the archive calls it; NULL if it has no name or none that an image could have. */
static int entry_name(const struct image_descriptor *entry, struct arena *arena, const char **name,
		      struct error *err)
{
	const char *said = string_map_get(&entry->annotations, ANNOTATION_CONTAINERD_NAME);
	char *full;

	if (!said)
		said = string_map_get(&entry->annotations, ANNOTATION_REF_NAME);
	*name = NULL;
	if (!said)
		return 0;
	if (image_name_parse(said, arena, &full, err) < 0)
		return -1;
	*name = full;
	return 0;
}

static int add_entry(struct image_load *load, struct intake *intake,
		     const struct image_descriptor *entry, struct error *err)
{
	struct image_descriptor kept = {
		.media_type = entry->media_type,
		.digest = entry->digest,
		.size = entry->size,
		.platform = entry->platform,
	};
	const char *name = NULL;
	int status;

	if (string_map_get(&entry->annotations, ANNOTATION_LOWER))
		return fail(err, EPERM,
			    "index.json: names directories of the machine that it was made on "
			    "(%s), which an image from outside may not",
			    ANNOTATION_LOWER);
	status = check_entry(intake, entry, 0, err);
	if (status == 1) {
		log_warning("%s: an artifact, no image: left out", entry->digest);
		return 0;
	}
	if (status < 0 || (!load->name && entry_name(entry, load->arena, &name, err) < 0))
		return fail_in(err, "image %.80s", entry->digest);
	image_load_add(load, name, &kept);
	return 0;
}

static int check_layout(struct intake *intake, struct error *err)
{
	struct image_layout layout;
	struct intake_file *file;
	char *text;
	size_t size;
	int found = intake_find(intake, "oci-layout", &file, err);

	if (found <= 0)
		return found;
	if (intake_read(intake, file, intake->arena, &text, &size, err) < 0)
		return -1;
	return image_layout_decode(intake->arena, "oci-layout", text, size, &layout, err);
}

int oci_archive_images(struct image_load *load, struct intake *intake, struct error *err)
{
	struct image_index index;
	struct intake_file *file;
	char *text;
	size_t size;

	if (check_layout(intake, err) < 0)
		return -1;
	if (intake_need(intake, "index.json", &file, err) < 0 ||
	    intake_read(intake, file, intake->arena, &text, &size, err) < 0 ||
	    image_index_decode(intake->arena, "index.json", text, size, &index, err) < 0)
		return -1;
	for (size_t i = 0; i < index.manifests.count; i++)
		if (add_entry(load, intake, &index.manifests.items[i], err) < 0)
			return -1;
	return load->count ? 0 : fail(err, ENOENT, "index.json: there is no image in it");
}
