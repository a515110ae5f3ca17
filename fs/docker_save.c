/* SPDX-License-Identifier: Apache-2.0 */
/* Images as a docker archive: config and plain layers as files of their own, and manifest.json. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/compress.h"
#include "fs/digest.h"
#include "fs/image_save.h"
#include "fs/store_index.h"
#include "fs/tar_stream.h"
#include "specs/docker_document.h"

/* Names of the archive that are written already: layers and configs that images share. */
struct written {
	const char **names;
	size_t count;
};

struct layer_source {
	int fd;
	char *buffer;
	struct progress *progress;
};

static ssize_t read_layer(void *context, const void **data, struct error *err)
{
	struct layer_source *source = context;
	ssize_t size;

	do
		size = read(source->fd, source->buffer, IMAGE_SAVE_BUFFER);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail_errno(err, "read");
	progress_add(source->progress, (uint64_t)size);
	*data = source->buffer;
	return size;
}

/* Decompresses a layer to fd (-1: nowhere); *size is how much that is. Its diff_id must be that. */
static int decompress(struct image_save *save, const struct image_descriptor *layer,
		      const char *diff_id, int fd, uint64_t *size, struct error *err)
{
	cleanup_fd int input = store_open_blob(save->store, layer->digest, err);
	cleanup_digest struct digest_state *hash = digest_begin(err);
	struct layer_source source = {
		.fd = input,
		.buffer = save->buffer,
		.progress = fd < 0 ? NULL : save->progress,
	};
	cleanup_decompressor struct decompressor *decompressor = NULL;
	struct digest digest;
	const void *data;
	ssize_t got;

	if (input < 0 || !hash)
		return -1;
	decompressor = decompressor_new(read_layer, &source, err);
	if (!decompressor)
		return -1;
	*size = 0;
	while ((got = decompressor_read(decompressor, &data, err)) > 0) {
		*size += (uint64_t)got;
		digest_add(hash, data, (size_t)got);
		if (fd >= 0 && write_all(fd, data, (size_t)got, err) < 0)
			return -1;
	}
	digest_end(hash, &digest);
	hash = NULL;
	if (got < 0)
		return -1;
	if (strcmp(digest.text, diff_id) != 0)
		return fail(err, EBADMSG, "its diff_id is %s instead of %s", digest.text, diff_id);
	return 0;
}

/* Where the next header will be in a file that can be written again, or -1. */
static off_t seekable_offset(int fd)
{
	struct stat status;
	int flags = fcntl(fd, F_GETFL);

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || (flags & O_APPEND))
		return -1;
	return lseek(fd, 0, SEEK_CUR);
}

/*
 * The size stands in front of the layer: it is written afterwards where that can be done, and found
 * by decompressing twice where not.
 */
static int write_layer(struct image_save *save, const struct image_descriptor *layer,
		       const char *diff_id, const char *name, int fd, struct error *err)
{
	off_t offset = seekable_offset(fd);
	uint64_t size = 0;

	if (offset < 0 && decompress(save, layer, diff_id, -1, &size, err) < 0)
		return fail_in(err, "layer %s", layer->digest);
	if (tar_stream_file(fd, name, size, err) < 0)
		return -1;
	if (decompress(save, layer, diff_id, fd, &size, err) < 0)
		return fail_in(err, "layer %s", layer->digest);
	if (offset >= 0 && tar_stream_rewrite(fd, offset, name, size, err) < 0)
		return -1;
	return tar_stream_pad(fd, size, err);
}

/* Whether the archive has no file of that name yet, as it will have from now on. */
static bool is_new(struct written *written, const char *name)
{
	for (size_t i = 0; i < written->count; i++)
		if (!strcmp(written->names[i], name))
			return false;
	written->names[written->count++] = name;
	return true;
}

static int write_config(struct image_save *save, const struct image *image, const char *name,
			int fd, struct error *err)
{
	struct digest digest;
	char *text;
	size_t size;

	if (store_read_document(save->store, image->manifest.config.digest, save->arena, &text,
				&size, err) < 0 ||
	    digest_of(text, size, &digest, err) < 0)
		return -1;
	if (strcmp(digest.text, image->manifest.config.digest) != 0)
		return fail(err, EBADMSG, "blob %s: is damaged", image->manifest.config.digest);
	return tar_stream_put(fd, name, text, size, err);
}

static char *file_name(struct image_save *save, const char *digest, const char *ending)
{
	return arena_printf(save->arena, "%s%s", digest + strlen("sha256:"), ending);
}

static int write_image(struct image_save *save, const struct image *image, struct written *written,
		       struct docker_image *item, int fd, struct error *err)
{
	const struct string_list *diff_ids = &image->config.rootfs.diff_ids;
	size_t count = image->manifest.layers.count;

	item->repo_tags.items = arena_array(save->arena, char *, 2);
	if (image->name[0])
		item->repo_tags.items[item->repo_tags.count++] = image->name;
	item->layers.items = arena_array(save->arena, char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		char *name = file_name(save, diff_ids->items[i], ".tar");

		item->layers.items[item->layers.count++] = name;
		if (is_new(written, name) && write_layer(save, &image->manifest.layers.items[i],
							 diff_ids->items[i], name, fd, err) < 0)
			return -1;
	}
	item->config = file_name(save, image->manifest.config.digest, ".json");
	return is_new(written, item->config) ? write_config(save, image, item->config, fd, err) : 0;
}

int image_save_docker(struct image_save *save, int fd, struct error *err)
{
	struct docker_manifest document = { 0 };
	struct written written = { 0 };
	size_t count = 0, size;
	char *text;

	for (size_t i = 0; i < save->count; i++)
		count += save->images[i].manifest.layers.count + 1;
	written.names = arena_array(save->arena, const char *, count);
	document.images.items = arena_array(save->arena, struct docker_image, save->count);
	for (size_t i = 0; i < save->count; i++)
		if (write_image(save, &save->images[i], &written,
				&document.images.items[document.images.count++], fd, err) < 0)
			return fail_in(err, "image %s", save->images[i].name);
	text = docker_manifest_encode(save->arena, &document, &size);
	if (tar_stream_put(fd, "manifest.json", text, size, err) < 0)
		return -1;
	return tar_stream_end(fd, err);
}
