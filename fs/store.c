/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "fs/store_index.h"

#define INDEX "index.json"
#define LAYOUT "oci-layout"

/* A folder that is made lasts from then on: what is committed into it is there by its name only. */
static int make_folder(int dir, const char *name, mode_t mode, struct error *err)
{
	if (mkdirat(dir, name, mode) < 0)
		return errno == EEXIST ? 0 : fail_errno(err, "make %s", name);
	return file_sync_parent_at(dir, name, err);
}

/* Opens directory name below dir; makes it if it is missing. */
static int open_folder(int dir, const char *name, struct error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
	int fd = openat(dir, name, flags);

	if (fd < 0 && errno == ENOENT) {
		if (make_folder(dir, name, 0700, err) < 0)
			return -1;
		fd = openat(dir, name, flags);
	}
	return fd < 0 ? fail_errno(err, "open %s", name) : fd;
}

/* The data root itself may lie in a folder that is not there yet. */
static int open_data(const char *path, struct arena *arena, struct error *err)
{
	char *parts = arena_strdup(arena, path);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	for (char *slash = strchr(parts + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(parts, 0755) < 0 && errno != EEXIST)
			return fail_errno(err, "make %s", parts);
		*slash = '/';
	}
	return open_folder(AT_FDCWD, path, err);
}

/*
 * The folders on the way to the store may be new too, and whoever made them (a container's data
 * folder is below the data root as well) had no reason to sync them. Once for each store.
 */
static int sync_way(const struct store *store, struct arena *arena, struct error *err)
{
	char *path = arena_strdup(arena, store->path), *slash;

	while ((slash = strrchr(path, '/'))) {
		*slash = '\0';
		if (file_sync_parent_at(AT_FDCWD, *path ? path : "/", err) < 0)
			return -1;
	}
	return 0;
}

static int make_layout(const struct store *store, struct arena *arena, struct error *err)
{
	struct image_layout layout = { .image_layout_version = (char[]){ IMAGE_LAYOUT_VERSION } };
	cleanup_fd int locked = -1;
	size_t size;
	char *text;

	if (faccessat(store->root, LAYOUT, F_OK, 0) == 0)
		return 0;
	/* temporary files of the documents are the writer's: see store_prune() */
	locked = store_lock_writers(store, err);
	if (locked < 0)
		return -1;
	if (sync_way(store, arena, err) < 0)
		return -1;
	text = image_layout_encode(arena, &layout, &size);
	return file_replace_at(store->root, LAYOUT, text, size, 0644, true, err);
}

int store_open(struct store *store, const char *data_root, struct arena *arena, struct error *err)
{
	cleanup_fd int blobs = -1;
	char *absolute;

	*store = (struct store){ .data = -1, .root = -1, .blobs = -1, .layers = -1 };
	store->data = open_data(data_root, arena, err);
	if (store->data < 0)
		return -1;
	absolute = path_of_fd(arena, store->data, err);
	if (!absolute)
		goto close;
	store->path = path_join(arena, absolute, "layers");
	store->root = open_folder(store->data, "store", err);
	if (store->root < 0)
		goto close;
	blobs = open_folder(store->root, "blobs", err);
	if (blobs < 0)
		goto close;
	store->blobs = open_folder(blobs, "sha256", err);
	if (store->blobs < 0)
		goto close;
	store->layers = open_folder(store->data, "layers", err);
	if (store->layers < 0 || make_layout(store, arena, err) < 0)
		goto close;
	return 0;
close:
	store_close(store);
	return fail_in(err, "store %s", data_root);
}

void store_close(struct store *store)
{
	/* a zeroed store has nothing open */
	if (!store->path && store->data == 0)
		return;
	close_fd(&store->data);
	close_fd(&store->root);
	close_fd(&store->blobs);
	close_fd(&store->layers);
}

static int lock(int dir, int operation, const char *what, struct error *err)
{
	/* a description of its own: flock belongs to that, not to the process */
	cleanup_fd int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int result;

	if (fd < 0)
		return fail_errno(err, "open %s", what);
	do
		result = flock(fd, operation);
	while (result < 0 && errno == EINTR);
	return result < 0 ? fail_errno(err, "lock %s", what) : take_fd(&fd);
}

int store_lock_blobs(const struct store *store, bool exclusive, struct error *err)
{
	return lock(store->blobs, exclusive ? LOCK_EX : LOCK_SH, "the blobs", err);
}

int store_lock_writers(const struct store *store, struct error *err)
{
	return lock(store->root, LOCK_EX, "the store", err);
}

int store_lock_layers(const struct store *store, bool exclusive, struct error *err)
{
	return lock(store->layers, exclusive ? LOCK_EX : LOCK_SH, "the layers", err);
}

int store_index_read(const struct store *store, struct arena *arena, struct image_index *index,
		     struct error *err)
{
	char *text;
	size_t size;

	*index = (struct image_index){ .schema_version = IMAGE_SCHEMA_VERSION };
	if (file_read_at(store->root, INDEX, IMAGE_DOCUMENT_MAX_SIZE, arena, &text, &size, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	return image_index_decode(arena, INDEX, text, size, index, err);
}

int store_index_write(const struct store *store, struct arena *arena,
		      const struct image_index *index, struct error *err)
{
	size_t size;
	char *text = image_index_encode(arena, index, &size);

	return file_replace_at(store->root, INDEX, text, size, 0644, true, err);
}

const char *descriptor_name(const struct image_descriptor *descriptor)
{
	return string_map_get(&descriptor->annotations, ANNOTATION_REF_NAME);
}

/* The annotations of descriptor with the name set to name, or without it if that is NULL. */
static struct string_map rename_annotations(const struct string_map *from, const char *name,
					    struct arena *arena)
{
	struct string_map to = { .items = arena_array(arena, struct string_pair, from->count + 1) };

	for (size_t i = 0; i < from->count; i++)
		if (strcmp(from->items[i].key, ANNOTATION_REF_NAME) != 0)
			to.items[to.count++] = from->items[i];
	if (name)
		to.items[to.count++] = (struct string_pair){
			.key = arena_strdup(arena, ANNOTATION_REF_NAME),
			.value = arena_strdup(arena, name),
		};
	return to;
}

/* Whether name is the entry's, or the digest of an entry that has none. */
static bool is_called(const struct image_descriptor *entry, const char *name)
{
	const char *present = descriptor_name(entry);

	return !strcmp(present ? present : entry->digest, name);
}

/* Which of the names is the entry's, or -1. */
static ssize_t find_name(const struct store_name *names, size_t count,
			 const struct image_descriptor *entry)
{
	for (size_t i = 0; i < count; i++)
		if (is_called(entry, names[i].name))
			return (ssize_t)i;
	return -1;
}

/* Takes the names from the index's entries that have them. Those to be taken away must be there. */
static int drop_names(const struct store_name *names, size_t count, struct image_index *index,
		      struct arena *arena, struct error *err)
{
	struct image_descriptor *items = index->manifests.items;
	bool *found = arena_array(arena, bool, count);
	size_t kept = 0;

	for (size_t i = 0; i < index->manifests.count; i++) {
		ssize_t which = find_name(names, count, &items[i]);

		if (which >= 0)
			found[which] = true;
		else
			items[kept++] = items[i];
	}
	index->manifests.count = kept;
	for (size_t i = 0; i < count; i++)
		if (!names[i].descriptor && !found[i])
			return fail(err, ENOENT, "image %s: not in the store", names[i].name);
	return 0;
}

static void add_names(const struct store_name *names, size_t count, struct image_index *index,
		      struct arena *arena)
{
	size_t present = index->manifests.count;
	struct image_descriptor *items =
		arena_array(arena, struct image_descriptor, present + count);

	if (present)
		memcpy(items, index->manifests.items, present * sizeof(*items));
	for (size_t i = 0; i < count; i++) {
		bool named;

		if (!names[i].descriptor)
			continue;
		named = strcmp(names[i].name, names[i].descriptor->digest) != 0;
		items[present] = *names[i].descriptor;
		items[present++].annotations = rename_annotations(
			&names[i].descriptor->annotations, named ? names[i].name : NULL, arena);
	}
	index->manifests.items = items;
	index->manifests.count = present;
}

int store_tag_all(const struct store *store, const struct store_name *names, size_t count,
		  struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int locked = -1;
	struct image_index index;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(names[i].name, names[k].name))
				return fail(err, EINVAL, "image %s: named twice", names[i].name);
	locked = store_lock_writers(store, err);
	if (locked < 0 || store_index_read(store, &arena, &index, err) < 0 ||
	    drop_names(names, count, &index, &arena, err) < 0)
		return -1;
	add_names(names, count, &index, &arena);
	if (!index.media_type)
		index.media_type = arena_strdup(&arena, IMAGE_MEDIA_TYPE_INDEX);
	return store_index_write(store, &arena, &index, err);
}

int store_tag(const struct store *store, const char *name,
	      const struct image_descriptor *descriptor, struct error *err)
{
	return store_tag_all(store, &(struct store_name){ name, descriptor }, 1, err);
}

int store_untag(const struct store *store, const char *name, struct error *err)
{
	return store_tag_all(store, &(struct store_name){ name, NULL }, 1, err);
}

int store_open_blob(const struct store *store, const char *digest, struct error *err)
{
	int fd;

	if (!image_is_digest(digest) || strncmp(digest, "sha256:", 7) != 0)
		return fail(err, EBADMSG, "blob %.100s: not a sha256 digest", digest);
	fd = openat(store->blobs, digest + 7, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? fail_errno(err, "blob %s", digest) : fd;
}

int store_read_document(const struct store *store, const char *digest, struct arena *arena,
			char **text, size_t *size, struct error *err)
{
	cleanup_fd int fd = store_open_blob(store, digest, err);

	if (fd < 0)
		return -1;
	return file_read_fd(fd, digest, IMAGE_DOCUMENT_MAX_SIZE, arena, text, size, err);
}
