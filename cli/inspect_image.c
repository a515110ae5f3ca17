/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/inspect_image.h"

#include <string.h>

#include "fs/image_name.h"

static void write_member(struct json_writer *writer, const char *key, const char *text)
{
	json_write_key(writer, key);
	json_write_string(writer, text ? text : "");
}

static void write_map(struct json_writer *writer, const char *key, const struct string_map *map)
{
	json_write_key(writer, key);
	json_begin_object(writer);
	for (size_t i = 0; i < map->count; i++)
		write_member(writer, map->items[i].key, map->items[i].value);
	json_end_object(writer);
}

static void write_list(struct json_writer *writer, const char *key, const struct string_list *list)
{
	json_write_key(writer, key);
	json_begin_array(writer);
	for (size_t i = 0; i < list->count; i++)
		json_write_string(writer, list->items[i]);
	json_end_array(writer);
}

/* The names that lead to the same manifest, and the same with the digest instead of the tag. */
static void write_names(struct json_writer *writer, const struct image *image,
			const struct image *all, size_t count, struct arena *arena)
{
	struct string_list tags = { .items = arena_array(arena, char *, count + 1) };
	struct string_list digests = { .items = arena_array(arena, char *, count + 1) };

	for (size_t i = 0; i < count; i++) {
		char *digest;

		if (!all[i].name[0] || strcmp(all[i].entry->digest, image->entry->digest) != 0)
			continue;
		if (!strchr(all[i].name, '@'))
			tags.items[tags.count++] = all[i].name;
		digest = arena_printf(arena, "%s@%s", image_name_repository(all[i].name, arena),
				      image->entry->digest);
		if (!string_list_has(&digests, digest))
			digests.items[digests.count++] = digest;
	}
	write_list(writer, "RepoTags", &tags);
	write_list(writer, "RepoDigests", &digests);
}

static void write_layers(struct json_writer *writer, const struct image *image)
{
	const struct image_descriptors *layers = &image->manifest.layers;

	json_write_key(writer, "RootFS");
	json_begin_object(writer);
	write_member(writer, "Type", "layers");
	write_list(writer, "Layers", &image->config.rootfs.diff_ids);
	json_end_object(writer);
	json_write_key(writer, "LayersData");
	json_begin_array(writer);
	for (size_t i = 0; i < layers->count; i++) {
		json_begin_object(writer);
		write_member(writer, "MIMEType", layers->items[i].media_type);
		write_member(writer, "Digest", layers->items[i].digest);
		json_write_key(writer, "Size");
		json_write_int(writer, layers->items[i].size);
		json_end_object(writer);
	}
	json_end_array(writer);
}

static void write_history(struct json_writer *writer, const struct image_config *config)
{
	json_write_key(writer, "History");
	json_begin_array(writer);
	for (size_t i = 0; i < config->history.count; i++) {
		json_begin_object(writer);
		write_member(writer, "created", config->history.items[i].created);
		write_member(writer, "created_by", config->history.items[i].created_by);
		write_member(writer, "comment", config->history.items[i].comment);
		json_write_key(writer, "empty_layer");
		json_write_bool(writer, config->history.items[i].empty_layer);
		json_end_object(writer);
	}
	json_end_array(writer);
}

void inspect_write_image(struct json_writer *writer, const struct image *image,
			 const struct image *all, size_t count, struct arena *arena)
{
	static const struct image_execution nothing;
	const struct image_config *config = &image->config;
	const struct image_execution *execution = config->config ? config->config : &nothing;

	json_begin_object(writer);
	/* what podman and docker call an image's ID; ctr itself goes by the digest */
	write_member(writer, "Id", strchr(image->manifest.config.digest, ':') + 1);
	write_member(writer, "Digest", image->entry->digest);
	write_names(writer, image, all, count, arena);
	write_member(writer, "Created", config->created);
	write_member(writer, "Author", config->author);
	write_member(writer, "Architecture", config->architecture);
	write_member(writer, "Variant", config->variant);
	write_member(writer, "Os", config->os);
	json_write_key(writer, "Size");
	json_write_uint(writer, image->size);
	json_write_key(writer, "Config");
	image_execution_write(writer, execution);
	write_map(writer, "Labels", &execution->labels);
	write_map(writer, "Annotations", &image->manifest.annotations);
	write_member(writer, "ManifestType",
		     image->manifest.media_type ? image->manifest.media_type
						: image->entry->media_type);
	write_member(writer, "User", execution->user);
	write_layers(writer, image);
	write_history(writer, config);
	json_end_object(writer);
}
