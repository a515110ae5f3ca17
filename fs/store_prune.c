/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/store.h"
#include "fs/store_index.h"
#include "fs/temporary.h"

#define MAX_NESTING 4

/* A set of names: hexadecimal digests of what is in use. */
struct names {
	struct arena *arena;
	const char **items;
	size_t count, room;
};

static void add(struct names *names, const char *name)
{
	if (names->count == names->room) {
		size_t room = names->room ? 2 * names->room : 64;
		const char **items = arena_array(names->arena, const char *, room);

		if (names->count)
			memcpy(items, names->items, names->count * sizeof(*items));
		names->items = items;
		names->room = room;
	}
	names->items[names->count++] = name;
}

static void add_digest(struct names *names, const char *digest)
{
	if (!strncmp(digest, "sha256:", 7))
		add(names, digest + 7);
}

static int compare(const void *one, const void *other)
{
	return strcmp(*(const char *const *)one, *(const char *const *)other);
}

static void sort(struct names *names)
{
	if (names->count)
		qsort(names->items, names->count, sizeof(*names->items), compare);
}

static bool has(const struct names *names, const char *name)
{
	return names->count &&
	       bsearch(&name, names->items, names->count, sizeof(*names->items), compare);
}

static int mark_config(const struct store *store, const char *digest, struct names *layers,
		       struct error *err)
{
	struct image_config config;
	char *text;
	size_t size;

	if (store_read_document(store, digest, layers->arena, &text, &size, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	/* what is no config (an artifact has others) has no layers that we unpacked */
	if (image_config_decode(layers->arena, digest, text, size, &config, err) < 0)
		return 0;
	for (size_t i = 0; i < config.rootfs.diff_ids.count; i++)
		add_digest(layers, config.rootfs.diff_ids.items[i]);
	return 0;
}

/* Marks what a manifest or an index of manifests leads to. What cannot be read stops the prune. */
static int mark(const struct store *store, const struct image_descriptor *from, int depth,
		struct names *blobs, struct names *layers, struct error *err)
{
	struct image_index index;
	struct image_manifest manifest;
	char *text;
	size_t size;

	add_digest(blobs, from->digest);
	if (depth > MAX_NESTING)
		return fail(err, ELOOP, "%s: too many indexes in indexes", from->digest);
	if (store_read_document(store, from->digest, blobs->arena, &text, &size, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (image_is_index(from->media_type)) {
		if (image_index_decode(blobs->arena, from->digest, text, size, &index, err) < 0)
			return -1;
		for (size_t i = 0; i < index.manifests.count; i++)
			if (mark(store, &index.manifests.items[i], depth + 1, blobs, layers, err) <
			    0)
				return -1;
		return 0;
	}
	if (image_manifest_decode(blobs->arena, from->digest, text, size, &manifest, err) < 0)
		return -1;
	add_digest(blobs, manifest.config.digest);
	for (size_t i = 0; i < manifest.layers.count; i++)
		add_digest(blobs, manifest.layers.items[i].digest);
	return mark_config(store, manifest.config.digest, layers, err);
}

static int sweep_blobs(const struct store *store, const struct names *used,
		       struct store_pruned *pruned, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(store->blobs, ".", err);
	struct dirent *entry;

	if (!dir)
		return -1;
	while (errno = 0, entry = readdir(dir)) {
		struct stat status;

		if (entry->d_name[0] == '.' || has(used, entry->d_name) ||
		    fstatat(store->blobs, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (unlinkat(store->blobs, entry->d_name, 0) < 0)
			return fail_errno(err, "remove blob %s", entry->d_name);
		pruned->blobs++;
		pruned->bytes += (uint64_t)status.st_size;
	}
	return errno ? fail_errno(err, "read the blobs' folder") : 0;
}

/*
 * A layer loses its name before its files: a prune that is interrupted leaves no layer that looks
 * whole. temporary_clean() removes them then.
 */
static int sweep_layers(const struct store *store, const struct names *used,
			struct store_pruned *pruned, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(store->layers, ".", err);
	struct dirent *entry;

	if (!dir)
		return -1;
	while (errno = 0, entry = readdir(dir)) {
		if (entry->d_name[0] == '.' || has(used, entry->d_name))
			continue;
		if (temporary_rename(store->layers, entry->d_name, err) < 0)
			return fail_in(err, "layers");
		pruned->layers++;
	}
	if (errno)
		return fail_errno(err, "read the layers' folder");
	if (pruned->layers && fsync(store->layers) < 0)
		return fail_errno(err, "sync the layers' folder");
	return 0;
}

/* What containers use is used, and what their images lead to. */
static int mark_kept(const struct store *store, const struct store_keep *keep, struct names *blobs,
		     struct names *layers, struct error *err)
{
	struct string_list list = { 0 };

	if (keep && keep->find(keep->context, &list, err) < 0)
		return -1;
	for (size_t i = 0; i < list.count; i++) {
		const char *slash = strrchr(list.items[i], '/');
		struct image_descriptor manifest = {
			.media_type = (char[]){ IMAGE_MEDIA_TYPE_MANIFEST },
			.digest = list.items[i],
		};

		if (!image_is_digest(list.items[i]))
			add(layers, slash ? slash + 1 : list.items[i]);
		else if (mark(store, &manifest, 0, blobs, layers, err) < 0)
			return -1;
	}
	return 0;
}

static int prune_locked(const struct store *store, const struct store_keep *keep,
			struct store_pruned *pruned, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct names blobs = { .arena = &arena }, layers = { .arena = &arena };
	struct image_index index;
	int count;

	if (store_index_read(store, &arena, &index, err) < 0)
		return -1;
	for (size_t i = 0; i < index.manifests.count; i++)
		if (mark(store, &index.manifests.items[i], 0, &blobs, &layers, err) < 0)
			return fail_in(err, "an image is broken, remove it with 'rmi %.19s' first",
				       index.manifests.items[i].digest);
	if (mark_kept(store, keep, &blobs, &layers, err) < 0)
		return -1;
	sort(&blobs);
	sort(&layers);
	count = temporary_clean_replacements(store->root, err);
	if (count < 0 || sweep_blobs(store, &blobs, pruned, err) < 0 ||
	    sweep_layers(store, &layers, pruned, err) < 0)
		return -1;
	pruned->temporary += (size_t)count;
	return 0;
}

static int clean(int dir, size_t *removed, struct error *err)
{
	int count = temporary_clean(dir, err);

	if (count < 0)
		return -1;
	*removed += (size_t)count;
	return 0;
}

static int prune(const struct store *store, const struct store_keep *keep,
		 struct store_pruned *pruned, struct error *err)
{
	cleanup_fd int blobs = -1, writers = -1, layers = -1;

	blobs = store_lock_blobs(store, true, err);
	if (blobs < 0)
		return -1;
	writers = store_lock_writers(store, err);
	if (writers < 0)
		return -1;
	layers = store_lock_layers(store, true, err);
	if (layers < 0)
		return -1;
	return prune_locked(store, keep, pruned, err);
}

int store_prune(const struct store *store, const struct store_keep *keep,
		struct store_pruned *pruned, struct error *err)
{
	*pruned = (struct store_pruned){ 0 };
	/* large trees may take long: nobody has to wait for what has lost its name */
	if (prune(store, keep, pruned, err) < 0 ||
	    clean(store->blobs, &pruned->temporary, err) < 0 ||
	    clean(store->layers, &pruned->temporary, err) < 0)
		return -1;
	/* another prune may have been faster with some */
	pruned->temporary -= pruned->temporary < pruned->layers ? pruned->temporary
								: pruned->layers;
	return 0;
}
