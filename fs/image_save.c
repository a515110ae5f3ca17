/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/image_save.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/digest.h"
#include "fs/tar_stream.h"
#include "specs/docker_document.h"

#define BLOBS "blobs/sha256/"

int image_save_begin(struct image_save *save, char *const *names, size_t count, struct error *err)
{
	save->blobs = (struct image_blobs){ .arena = save->arena };
	save->buffer = arena_alloc(save->arena, IMAGE_SAVE_BUFFER);
	save->images = arena_array(save->arena, struct image, count);
	save->count = 0;
	save->lock = store_lock_blobs(save->store, false, err);
	if (save->lock < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct image *image = &save->images[save->count];
		bool again = false;

		if (store_find(save->store, names[i], save->arena, image, err) < 0 ||
		    image_check_portable(image, err) < 0)
			return -1;
		for (size_t k = 0; k < save->count && !again; k++)
			again = !strcmp(save->images[k].name, image->name) &&
				!strcmp(save->images[k].entry->digest, image->entry->digest);
		if (again)
			continue;
		if (image_blobs_add(&save->blobs, save->store, image->entry, err) < 0)
			return fail_in(err, "image %s", names[i]);
		save->count++;
	}
	return 0;
}

void image_save_end(struct image_save *save)
{
	close_fd(&save->lock);
}

char *image_save_index(const struct image_save *save, size_t *size)
{
	struct image_index index = {
		.schema_version = IMAGE_SCHEMA_VERSION,
		.media_type = (char[]){ IMAGE_MEDIA_TYPE_INDEX },
	};

	index.manifests.items = arena_array(save->arena, struct image_descriptor, save->count);
	for (size_t i = 0; i < save->count; i++) {
		struct image_descriptor *item = &index.manifests.items[index.manifests.count++];
		struct string_pair *pair = arena_new(save->arena, struct string_pair);

		*item = *save->images[i].entry;
		*pair = (struct string_pair){
			.key = arena_strdup(save->arena, ANNOTATION_REF_NAME),
			.value = save->images[i].name,
		};
		item->annotations.items = pair;
		item->annotations.count = save->images[i].name[0] != '\0';
	}
	return image_index_encode(save->arena, &index, size);
}

/* A blob to fd, which must be what its digest says. */
static int copy_blob(struct image_save *save, const struct image_blob *blob, int fd,
		     struct error *err)
{
	cleanup_fd int input = store_open_blob(save->store, blob->digest, err);
	cleanup_digest struct digest_state *hash = digest_begin(err);
	struct digest digest;
	uint64_t left = blob->size;

	if (input < 0 || !hash)
		return -1;
	while (left) {
		ssize_t size = read(input, save->buffer,
				    left < IMAGE_SAVE_BUFFER ? left : IMAGE_SAVE_BUFFER);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return fail_errno(err, "read blob %s", blob->digest);
		if (size == 0)
			return fail(err, EBADMSG, "blob %s: is cut off", blob->digest);
		digest_add(hash, save->buffer, (size_t)size);
		if (write_all(fd, save->buffer, (size_t)size, err) < 0)
			return -1;
		progress_add(save->progress, (uint64_t)size);
		left -= (uint64_t)size;
	}
	digest_end(hash, &digest);
	hash = NULL;
	if (strcmp(digest.text, blob->digest) != 0)
		return fail(err, EBADMSG,
			    "blob %s: is damaged, its content has the digest %s ('check --store' "
			    "looks at all of them)",
			    blob->digest, digest.text);
	return 0;
}

static char *blob_path(struct image_save *save, const char *digest)
{
	return arena_printf(save->arena, BLOBS "%s", digest + strlen("sha256:"));
}

/* manifest.json beside the layout: the same blobs by their paths. */
static char *docker_manifest(struct image_save *save, size_t *size)
{
	struct docker_manifest document = { 0 };

	document.images.items = arena_array(save->arena, struct docker_image, save->count);
	for (size_t i = 0; i < save->count; i++) {
		const struct image *image = &save->images[i];
		struct docker_image *item = &document.images.items[document.images.count++];
		size_t count = image->manifest.layers.count;

		item->config = blob_path(save, image->manifest.config.digest);
		item->repo_tags.items = arena_array(save->arena, char *, 2);
		if (image->name[0])
			item->repo_tags.items[item->repo_tags.count++] = image->name;
		item->layers.items = arena_array(save->arena, char *, count + 1);
		for (size_t k = 0; k < count; k++)
			item->layers.items[item->layers.count++] =
				blob_path(save, image->manifest.layers.items[k].digest);
	}
	return docker_manifest_encode(save->arena, &document, size);
}

static char *layout_text(struct image_save *save, size_t *size)
{
	struct image_layout layout = { .image_layout_version = (char[]){ IMAGE_LAYOUT_VERSION } };

	return image_layout_encode(save->arena, &layout, size);
}

static int write_documents(struct image_save *save, int fd, struct error *err)
{
	size_t size;
	char *text = layout_text(save, &size);

	if (tar_stream_put(fd, "oci-layout", text, size, err) < 0)
		return -1;
	text = image_save_index(save, &size);
	if (tar_stream_put(fd, "index.json", text, size, err) < 0)
		return -1;
	text = docker_manifest(save, &size);
	if (tar_stream_put(fd, "manifest.json", text, size, err) < 0 ||
	    tar_stream_folder(fd, "blobs/", err) < 0)
		return -1;
	return tar_stream_folder(fd, BLOBS, err);
}

static int write_blob(struct image_save *save, const struct image_blob *blob, int fd,
		      struct error *err)
{
	if (tar_stream_file(fd, blob_path(save, blob->digest), blob->size, err) < 0 ||
	    copy_blob(save, blob, fd, err) < 0)
		return -1;
	return tar_stream_pad(fd, blob->size, err);
}

static int save_oci(struct image_save *save, int fd, struct error *err)
{
	if (write_documents(save, fd, err) < 0)
		return -1;
	for (size_t i = 0; i < save->blobs.count; i++)
		if (write_blob(save, &save->blobs.items[i], fd, err) < 0)
			return -1;
	return tar_stream_end(fd, err);
}

int image_save_archive(struct image_save *save, enum image_format format, int fd, struct error *err)
{
	progress_begin(save->progress, "saving", save->blobs.size);
	return format == IMAGE_DOCKER_ARCHIVE ? image_save_docker(save, fd, err)
					      : save_oci(save, fd, err);
}

static int make_folders(int folder, struct error *err)
{
	if (mkdirat(folder, "blobs", 0755) < 0)
		return fail_errno(err, "make blobs");
	if (mkdirat(folder, "blobs/sha256", 0755) < 0)
		return fail_errno(err, "make blobs/sha256");
	return 0;
}

int image_save_folder(struct image_save *save, int folder, struct error *err)
{
	char *text;
	size_t size;

	if (make_folders(folder, err) < 0)
		return -1;
	progress_begin(save->progress, "saving", save->blobs.size);
	for (size_t i = 0; i < save->blobs.count; i++) {
		const struct image_blob *blob = &save->blobs.items[i];
		const char *path = blob_path(save, blob->digest);
		cleanup_fd int fd =
			openat(folder, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

		if (fd < 0)
			return fail_errno(err, "make %s", path);
		if (copy_blob(save, blob, fd, err) < 0)
			return -1;
	}
	text = layout_text(save, &size);
	if (file_replace_at(folder, "oci-layout", text, size, 0644, false, err) < 0)
		return -1;
	text = image_save_index(save, &size);
	return file_replace_at(folder, "index.json", text, size, 0644, false, err);
}
