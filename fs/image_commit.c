/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/image_commit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/image_name.h"
#include "fs/platform.h"
#include "fs/store_index.h"
#include "specs/image_change.h"
#include "specs/json_writer.h"

/*
 * An image by its name or digest; one that lost its name since the container was started is
 * still there by its digest, until it is pruned.
 */
static int find_image(struct image_commit *commit, const char *name, struct image *image,
		      struct error *err)
{
	struct image_descriptor *entry;

	if (store_find(commit->store, name, &commit->arena, image, err) == 0)
		return 0;
	if (err->errnum != ENOENT || !image_is_digest(name))
		return -1;
	entry = arena_new(&commit->arena, struct image_descriptor);
	entry->media_type = arena_strdup(&commit->arena, IMAGE_MEDIA_TYPE_MANIFEST);
	entry->digest = arena_strdup(&commit->arena, name);
	*image = (struct image){ .name = entry->digest, .entry = entry };
	return store_read_image(commit->store, &commit->arena, image, err);
}

static bool is_complete(const struct image_commit *commit, const struct image *image)
{
	const struct image_manifest *manifest = &image->manifest;

	for (size_t i = 0; i < manifest->layers.count; i++) {
		const char *digest = manifest->layers.items[i].digest;

		if (strncmp(digest, "sha256:", 7) != 0 ||
		    faccessat(commit->store->blobs, digest + 7, F_OK, 0) < 0)
			return false;
	}
	return true;
}

/* It may have lost its name and been pruned: then this commit is of everything. */
static void find_previous(struct image_commit *commit)
{
	struct image *image = &commit->previous_image;
	struct error ignored;

	if (commit->previous && find_image(commit, commit->previous, image, &ignored) == 0 &&
	    is_complete(commit, image))
		return;
	commit->previous = NULL;
	*image = commit->parent_image;
}

static bool is_store_layer(const struct store *store, const char *path)
{
	size_t length = strlen(store->path);

	return !strncmp(path, store->path, length) && path[length] == '/';
}

/* An image is layers over recorded directories: there is no way to say it the other way round. */
static int check_lowers(const struct image_commit *commit, struct error *err)
{
	const struct string_list *lowers = commit->lowers;
	bool foreign = false;

	for (size_t i = 0; lowers && i < lowers->count; i++) {
		if (!is_store_layer(commit->store, lowers->items[i]))
			foreign = true;
		else if (foreign)
			return fail(err, EINVAL,
				    "image %s: layer %s lies below a directory that is not the "
				    "store's, which an image cannot express",
				    commit->full_name, lowers->items[i]);
	}
	return 0;
}

/*
 * Another entrypoint takes the command with it, which was made for the one before, unless that is
 * changed too.
 */
static int apply_changes(const struct image_commit *commit, struct arena *arena,
			 struct image_execution *execution, struct error *err)
{
	struct image_execution before = *execution;

	for (size_t i = 0; commit->changes && i < commit->changes->count; i++)
		if (image_change(arena, commit->changes->items[i], execution, err) < 0)
			return -1;
	if (execution->entrypoint.items != before.entrypoint.items &&
	    execution->cmd.items == before.cmd.items)
		execution->cmd = (struct string_list){ 0 };
	return 0;
}

int image_commit_begin(struct image_commit *commit, struct error *err)
{
	commit->lock = -1;
	commit->layer.fd = -1;
	if (image_name_parse(commit->name, &commit->arena, &commit->full_name, err) < 0)
		return -1;
	if (apply_changes(commit, &commit->arena, &(struct image_execution){ 0 }, err) < 0)
		return -1;
	commit->lock = store_lock_blobs(commit->store, false, err);
	if (commit->lock < 0)
		return -1;
	if (check_lowers(commit, err) < 0)
		return -1;
	if (commit->parent && find_image(commit, commit->parent, &commit->parent_image, err) < 0)
		return fail_in(err, "the image that the container is from");
	find_previous(commit);
	return blob_begin(&commit->layer, commit->store, err);
}

int image_commit_archive(struct image_commit *commit, struct error *err)
{
	return archive_layer(&commit->stack, &commit->archive, &commit->layer, &commit->result,
			     err);
}

bool image_commit_adds_layer(const struct image_commit *commit)
{
	return !commit->previous || commit->result.entries > 0;
}

int image_commit_layer(struct image_commit *commit, struct error *err)
{
	if (!image_commit_adds_layer(commit))
		return 0; /* image_commit_end() removes the empty archive */
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

/* The image's entry point stays where the command begins with it; what follows is its argument. */
static void set_command(const struct string_list *command, struct image_execution *execution)
{
	size_t kept = execution->entrypoint.count;

	if (kept > command->count)
		kept = 0;
	for (size_t i = 0; i < kept; i++)
		if (strcmp(execution->entrypoint.items[i], command->items[i]) != 0)
			kept = 0;
	if (!kept)
		execution->entrypoint = (struct string_list){ 0 };
	execution->cmd = (struct string_list){ .items = command->items + kept,
					       .count = command->count - kept };
	execution->args_escaped = false;
}

/* What the process of a container of the image is, changed as the caller says. */
static void set_execution(const struct image_commit *commit, struct arena *arena,
			  struct image_execution *execution)
{
	if (commit->command && commit->command->count)
		set_command(commit->command, execution);
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
		.empty_layer = !image_commit_adds_layer(commit),
	};
	config->history.items = items;
	config->history.count = count + 1;
}

static int put_config(struct image_commit *commit, struct error *err)
{
	struct arena *arena = &commit->arena;
	const struct image_config *previous = &commit->previous_image.config;
	struct image_config config = commit->parent_image.config;
	struct image_execution execution = { 0 };
	size_t size;
	char *text;

	if (config.config)
		execution = *config.config;
	if (commit->execution)
		execution = *commit->execution;
	if (commit->architecture)
		config.architecture = arena_strdup(arena, commit->architecture);
	if (commit->os)
		config.os = arena_strdup(arena, commit->os);
	if (commit->variant)
		config.variant = arena_strdup(arena, commit->variant);
	set_execution(commit, arena, &execution);
	if (apply_changes(commit, arena, &execution, err) < 0)
		return -1;
	config.config = &execution;
	config.created = timestamp(arena);
	if (commit->author)
		config.author = arena_strdup(arena, commit->author);
	if (!config.architecture)
		config.architecture = arena_strdup(arena, platform_architecture());
	if (!config.os)
		config.os = arena_strdup(arena, "linux");
	config.rootfs = previous->rootfs;
	config.history = previous->history;
	config.rootfs.type = arena_strdup(arena, "layers");
	if (image_commit_adds_layer(commit))
		add_diff_id(&config.rootfs.diff_ids, commit->result.diff_id.text, arena);
	add_history(commit, &config, arena);
	text = image_config_encode(arena, &config, &size);
	commit->config_size = size;
	return blob_put(commit->store, text, size, &commit->config, err);
}

/* The lower directories that are not the store's, as a JSON list; NULL if there are none. */
static char *recorded_lowers(struct image_commit *commit)
{
	const struct string_list *lowers = commit->lowers;
	struct json_writer *writer = json_writer_new(&commit->arena, JSON_COMPACT);
	size_t count = 0;

	json_begin_array(writer);
	for (size_t i = 0; lowers && i < lowers->count; i++) {
		if (is_store_layer(commit->store, lowers->items[i]))
			continue;
		json_write_string(writer, lowers->items[i]);
		count++;
	}
	json_end_array(writer);
	return count ? json_writer_text(writer, NULL) : NULL;
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
	const struct image_manifest *previous = &commit->previous_image.manifest;
	struct image_manifest manifest = commit->parent_image.manifest;
	size_t count = previous->layers.count, size;
	struct image_descriptor *layers = arena_array(arena, struct image_descriptor, count + 1);
	char *text;

	if (count)
		memcpy(layers, previous->layers.items, count * sizeof(*layers));
	commit->size = commit->previous_image.size;
	if (image_commit_adds_layer(commit)) {
		layers[count++] = (struct image_descriptor){
			.media_type = arena_strdup(
				arena, compression_media_type(commit->archive.compression)),
			.digest = commit->layer.digest.text,
			.size = (int64_t)commit->layer.size,
		};
		commit->size += commit->layer.size;
	}
	manifest.schema_version = IMAGE_SCHEMA_VERSION;
	manifest.media_type = arena_strdup(arena, IMAGE_MEDIA_TYPE_MANIFEST);
	manifest.layers.items = layers;
	manifest.layers.count = count;
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

int image_commit_name(struct image_commit *const *commits, size_t count, struct error *err)
{
	struct arena *arena = &commits[0]->arena;
	struct image_descriptor *descriptors = arena_array(arena, struct image_descriptor, count);
	struct store_name *names = arena_array(arena, struct store_name, count);

	for (size_t i = 0; i < count; i++) {
		descriptors[i] = (struct image_descriptor){
			.media_type = arena_strdup(arena, IMAGE_MEDIA_TYPE_MANIFEST),
			.digest = commits[i]->manifest.text,
			.size = (int64_t)commits[i]->manifest_size,
			.annotations = lower_annotation(commits[i]),
		};
		names[i] = (struct store_name){ commits[i]->full_name, &descriptors[i] };
	}
	return store_tag_all(commits[0]->store, names, count, err);
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
