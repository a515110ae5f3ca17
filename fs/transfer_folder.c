/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/transfer_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"

#define BLOBS "blobs/sha256"

/* A blob that cannot be linked comes or goes as a copy: skopeo then fetches it again. */
static void link_blob(const struct store *store, int blobs, const char *name)
{
	if (name[0] != '.' && linkat(store->blobs, name, blobs, name, 0) < 0)
		log_debug("link blob %s: %s", name, strerror(errno));
}

static int link_all(const struct store *store, int blobs, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(store->blobs, ".", err);
	struct dirent *entry;

	if (!dir)
		return -1;
	while (errno = 0, entry = readdir(dir))
		link_blob(store, blobs, entry->d_name);
	return errno ? fail_errno(err, "read the blobs' folder") : 0;
}

static int link_some(const struct store *store, const struct image_blobs *images, int blobs,
		     struct error *err)
{
	for (size_t i = 0; i < images->count; i++) {
		const char *name = images->items[i].digest + strlen("sha256:");

		if (linkat(store->blobs, name, blobs, name, 0) < 0)
			return fail_errno(err, "link blob %s", name);
	}
	return 0;
}

static int fill(struct transfer_folder *folder, const struct image_blobs *images, struct error *err)
{
	cleanup_fd int blobs = -1;

	if (mkdirat(folder->fd, "blobs", 0700) < 0 || mkdirat(folder->fd, BLOBS, 0700) < 0)
		return fail_errno(err, "make " BLOBS);
	blobs = openat(folder->fd, BLOBS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (blobs < 0)
		return fail_errno(err, "open " BLOBS);
	return images ? link_some(folder->store, images, blobs, err)
		      : link_all(folder->store, blobs, err);
}

int transfer_folder_open(struct transfer_folder *folder, const struct store *store,
			 const struct image_blobs *images, struct arena *arena, struct error *err)
{
	folder->store = store;
	folder->fd = temporary_folder(store->blobs, folder->name, err);
	if (folder->fd < 0)
		return fail_in(err, "store");
	/* store->path is that of the layers, beside the store */
	folder->path = arena_printf(arena, "%.*s/store/blobs/sha256/%s",
				    (int)(strrchr(store->path, '/') - store->path), store->path,
				    folder->name);
	if (strchr(folder->path, ':'))
		return fail(err, EINVAL, "%s: skopeo cannot say a path with a colon in it",
			    folder->path);
	return fill(folder, images, err);
}

int transfer_folder_describe(const struct transfer_folder *folder,
			     const struct image_descriptor *descriptor, struct arena *arena,
			     struct error *err)
{
	struct image_layout layout = { .image_layout_version = (char[]){ IMAGE_LAYOUT_VERSION } };
	struct image_descriptor item = *descriptor;
	struct image_index index = {
		.schema_version = IMAGE_SCHEMA_VERSION,
		.media_type = (char[]){ IMAGE_MEDIA_TYPE_INDEX },
		.manifests = { .items = &item, .count = 1 },
	};
	size_t size;
	char *text = image_layout_encode(arena, &layout, &size);

	item.annotations = (struct string_map){ 0 };
	if (file_replace_at(folder->fd, "oci-layout", text, size, 0600, false, err) < 0)
		return -1;
	text = image_index_encode(arena, &index, &size);
	return file_replace_at(folder->fd, "index.json", text, size, 0600, false, err);
}

void transfer_folder_close(struct transfer_folder *folder)
{
	struct error ignored;

	if (folder->fd < 0)
		return;
	remove_tree_at(folder->store->blobs, folder->name, &ignored);
	close_fd(&folder->fd);
}
