/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/image_commit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/image_name.h"
#include "fs/platform.h"
#include "specs/json_writer.h"

int image_commit_begin(struct image_commit *commit, struct error *err)
{
	commit->lock = -1;
	commit->layer.fd = -1;
	if (image_name_parse(commit->name, &commit->arena, &commit->full_name, err) < 0)
		return -1;
	commit->lock = store_lock_blobs(commit->store, false, err);
	if (commit->lock < 0)
		return -1;
	if (commit->parent && store_find(commit->store, commit->parent, &commit->arena,
					 &commit->parent_image, err) < 0)
		return fail_in(err, "the image that the container is from");
	return blob_begin(&commit->layer, commit->store, err);
}

int image_commit_archive(struct image_commit *commit, struct error *err)
{
	return archive_layer(&commit->stack, &commit->archive, &commit->layer, &commit->result,
			     err);
}

int image_commit_layer(struct image_commit *commit, struct error *err)
{
	return blob_publish(&commit->layer, NULL, err);
}

/* RFC 3339, of now or of SOURCE_DATE_EPOCH, so that a test or a reproducible build can fix it. */
static char *timestamp(struct arena *arena)
{
	const char *fixed = getenv("SOURCE_DATE_EPOCH");
	struct timespec now;
	char text[32];
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &now);
	if (fixed)
		now = (struct timespec){ .tv_sec = strtoll(fixed, NULL, 10) };
	gmtime_r(&now.tv_sec, &utc);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
	return arena_printf(arena, "%s.%09ldZ", text, now.tv_nsec);
}

/* What the process of a container of the image is, changed as the caller says. */
static void set_execution(const struct image_commit *commit, struct arena *arena,
			  struct image_execution *execution)
{
	if (commit->command && commit->command->count) {
		execution->cmd = *commit->command;
		execution->entrypoint = (struct string_list){ 0 };
		execution->args_escaped = false;
	}
	if (commit->environment)
		execution->env = *commit->environment;
	if (commit->directory)
		execution->working_dir = arena_strdup(arena, commit->directory);
	if (commit->user)
		execution->user = arena_strdup(arena, commit->user);
}

static void add_diff_id(struct string_list *list, const char *diff_id, struct arena *arena)
{
	char **items = arena_array(arena, char *, list->count + 2);

	if (list->count)
		memcpy(items, list->items, list->count * sizeof(char *));
	items[list->count] = arena_strdup(arena, diff_id);
	list->items = items;
	list->count++;
}

static void add_history(const struct image_commit *commit, struct image_config *config,
			struct arena *arena)
{
	size_t count = config->history.count;
	struct image_history *items = arena_array(arena, struct image_history, count + 1);

	if (count)
		memcpy(items, config->history.items, count * sizeof(*items));
	items[count] = (struct image_history){
		.created = config->created,
		.created_by = arena_strdup(arena, commit->created_by),
		.author = arena_strdup(arena, commit->author),
		.comment = arena_strdup(arena, commit->message),
	};
	config->history.items = items;
	config->history.count = count + 1;
}

static int put_config(struct image_commit *commit, struct error *err)
{
	struct arena *arena = &commit->arena;
	struct image_config config = commit->parent_image.config;
	struct image_execution execution = { 0 };
	size_t size;
	char *text;

	if (config.config)
		execution = *config.config;
	set_execution(commit, arena, &execution);
	config.config = &execution;
	config.created = timestamp(arena);
	if (commit->author)
		config.author = arena_strdup(arena, commit->author);
	if (!config.architecture)
		config.architecture = arena_strdup(arena, platform_architecture());
	if (!config.os)
		config.os = arena_strdup(arena, "linux");
	config.rootfs.type = arena_strdup(arena, "layers");
	add_diff_id(&config.rootfs.diff_ids, commit->result.diff_id.text, arena);
	add_history(commit, &config, arena);
	text = image_config_encode(arena, &config, &size);
	commit->config_size = size;
	return blob_put(commit->store, text, size, &commit->config, err);
}

/* The recorded lower directories: the container's own, or else those of the image it is from. */
static char *recorded_lowers(struct image_commit *commit)
{
	struct json_writer *writer;

	if (!commit->lowers || !commit->lowers->count) {
		const char *inherited = NULL;

		if (commit->parent_image.entry)
			inherited = string_map_get(&commit->parent_image.entry->annotations,
						   ANNOTATION_LOWER);
		return arena_strdup(&commit->arena, inherited);
	}
	writer = json_writer_new(&commit->arena, JSON_COMPACT);
	json_begin_array(writer);
	for (size_t i = 0; i < commit->lowers->count; i++)
		json_write_string(writer, commit->lowers->items[i]);
	json_end_array(writer);
	return json_writer_text(writer, NULL);
}

static struct string_map lower_annotation(struct image_commit *commit)
{
	struct string_map map = { 0 };
	char *value = recorded_lowers(commit);

	if (value) {
		map.items = arena_array(&commit->arena, struct string_pair, 1);
		map.items[map.count++] = (struct string_pair){
			.key = arena_strdup(&commit->arena, ANNOTATION_LOWER),
			.value = value,
		};
	}
	return map;
}

static int put_manifest(struct image_commit *commit, struct error *err)
{
	struct arena *arena = &commit->arena;
	struct image_manifest manifest = commit->parent_image.manifest;
	size_t count = manifest.layers.count, size;
	struct image_descriptor *layers = arena_array(arena, struct image_descriptor, count + 1);
	char *text;

	if (count)
		memcpy(layers, manifest.layers.items, count * sizeof(*layers));
	layers[count] = (struct image_descriptor){
		.media_type =
			arena_strdup(arena, compression_media_type(commit->archive.compression)),
		.digest = commit->layer.digest.text,
		.size = (int64_t)commit->layer.size,
	};
	commit->size = commit->parent_image.size + commit->layer.size;
	manifest.schema_version = IMAGE_SCHEMA_VERSION;
	manifest.media_type = arena_strdup(arena, IMAGE_MEDIA_TYPE_MANIFEST);
	manifest.layers.items = layers;
	manifest.layers.count = count + 1;
	manifest.config = (struct image_descriptor){
		.media_type = arena_strdup(arena, IMAGE_MEDIA_TYPE_CONFIG),
		.digest = commit->config.text,
		.size = (int64_t)commit->config_size,
	};
	manifest.subject = NULL;
	manifest.annotations = lower_annotation(commit);
	text = image_manifest_encode(arena, &manifest, &size);
	commit->manifest_size = size;
	return blob_put(commit->store, text, size, &commit->manifest, err);
}

int image_commit_documents(struct image_commit *commit, struct error *err)
{
	if (put_config(commit, err) < 0 || put_manifest(commit, err) < 0)
		return fail_in(err, "image %s", commit->full_name);
	return 0;
}

int image_commit_name(struct image_commit *commit, struct error *err)
{
	struct image_descriptor descriptor = {
		.media_type = arena_strdup(&commit->arena, IMAGE_MEDIA_TYPE_MANIFEST),
		.digest = commit->manifest.text,
		.size = (int64_t)commit->manifest_size,
		.annotations = lower_annotation(commit),
	};

	return store_tag(commit->store, commit->full_name, &descriptor, err);
}

void image_commit_end(struct image_commit *commit)
{
	if (commit->layer.store)
		blob_abort(&commit->layer);
	/* nothing begun: a lock of 0 is not ours */
	if (commit->full_name)
		close_fd(&commit->lock);
	arena_free(&commit->arena);
	commit->full_name = NULL;
}
