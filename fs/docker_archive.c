/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/docker_archive.h"

#include <errno.h>
#include <string.h>

#include "fs/image_name.h"
#include "fs/oci_archive.h"
#include "specs/docker_document.h"

static struct image_descriptor describe(struct intake_file *file, const char *media_type,
					struct arena *arena)
{
	file->wanted = true;
	return (struct image_descriptor){
		.media_type = arena_strdup(arena, media_type),
		.digest = file->blob.digest.text,
		.size = (int64_t)file->blob.size,
	};
}

static int read_config(struct intake *intake, const char *path, struct arena *arena,
		       struct image_manifest *manifest, struct image_config *config,
		       struct error *err)
{
	struct intake_file *file;
	char *text;
	size_t size;

	if (intake_need(intake, path, &file, err) < 0 ||
	    intake_read(intake, file, arena, &text, &size, err) < 0 ||
	    image_config_decode(arena, file->path, text, size, config, err) < 0)
		return -1;
	manifest->config = describe(file, IMAGE_MEDIA_TYPE_CONFIG, intake->arena);
	return 0;
}

static int read_layers(struct intake *intake, const struct docker_image *image,
		       const struct image_config *config, struct image_manifest *manifest,
		       struct error *err)
{
	size_t count = image->layers.count;

	if (count != config->rootfs.diff_ids.count)
		return fail(err, EBADMSG, "%zu layers in manifest.json, %zu diff_ids in %.200s",
			    count, config->rootfs.diff_ids.count, image->config);
	manifest->layers.items = arena_array(intake->arena, struct image_descriptor, count);
	for (size_t i = 0; i < count; i++) {
		struct intake_file *file;

		if (intake_need(intake, image->layers.items[i], &file, err) < 0 ||
		    image_load_check_layer(file, config->rootfs.diff_ids.items[i], err) < 0)
			return -1;
		manifest->layers.items[manifest->layers.count++] =
			describe(file, compression_media_type(file->compression), intake->arena);
	}
	return 0;
}

static int put_manifest(struct image_load *load, const struct image_manifest *manifest,
			struct image_descriptor *descriptor, struct error *err)
{
	struct digest *digest = arena_new(load->arena, struct digest);
	size_t size;
	char *text = image_manifest_encode(load->arena, manifest, &size);

	if (blob_put(load->store, text, size, digest, err) < 0)
		return -1;
	*descriptor = (struct image_descriptor){
		.media_type = arena_strdup(load->arena, IMAGE_MEDIA_TYPE_MANIFEST),
		.digest = digest->text,
		.size = (int64_t)size,
	};
	return 0;
}

static int add_names(struct image_load *load, const struct docker_image *image,
		     const struct image_descriptor *descriptor, struct error *err)
{
	for (size_t i = 0; i < image->repo_tags.count && !load->name; i++) {
		char *name;

		if (image_name_parse(image->repo_tags.items[i], load->arena, &name, err) < 0)
			return fail_in(err, "manifest.json: RepoTags");
		image_load_add(load, name, descriptor);
	}
	if (!image->repo_tags.count || load->name)
		image_load_add(load, NULL, descriptor);
	return 0;
}

static int add_image(struct image_load *load, struct intake *intake,
		     const struct docker_image *image, struct error *err)
{
	struct image_manifest manifest = {
		.schema_version = IMAGE_SCHEMA_VERSION,
		.media_type = (char[]){ IMAGE_MEDIA_TYPE_MANIFEST },
	};
	cleanup_arena struct arena arena = { 0 };
	struct image_descriptor descriptor;
	struct image_config config;

	if (read_config(intake, image->config, &arena, &manifest, &config, err) < 0 ||
	    read_layers(intake, image, &config, &manifest, err) < 0 ||
	    put_manifest(load, &manifest, &descriptor, err) < 0)
		return -1;
	return add_names(load, image, &descriptor, err);
}

int docker_archive_images(struct image_load *load, struct intake *intake, struct error *err)
{
	struct docker_manifest manifest;
	struct intake_file *file;
	char *text;
	size_t size;

	if (intake_need(intake, "manifest.json", &file, err) < 0 ||
	    intake_read(intake, file, intake->arena, &text, &size, err) < 0 ||
	    docker_manifest_decode(intake->arena, "manifest.json", text, size, &manifest, err) < 0)
		return -1;
	for (size_t i = 0; i < manifest.images.count; i++) {
		const struct docker_image *image = &manifest.images.items[i];

		if (add_image(load, intake, image, err) < 0)
			return fail_in(err, "image %.80s",
				       image->repo_tags.count ? image->repo_tags.items[0]
							      : image->config);
	}
	return 0;
}
