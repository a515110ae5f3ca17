/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/image_unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/user_namespace.h"
#include "fs/temporary.h"
#include "fs/unpack.h"

static bool is_unpacked(const struct store *store, const char *hex)
{
	struct stat status;

	return fstatat(store->layers, hex, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Unpacks into a folder that exists, syncs it and gives it its name. */
static int unpack_into(const struct store *store, int folder, const char *temporary,
		       const struct image_descriptor *layer, const char *diff_id, struct error *err)
{
	struct unpack_options options = {
		.diff_id = diff_id,
		.digest = layer->digest,
		.keep_owner = geteuid() == 0,
		.user_xattr = in_user_namespace(),
	};
	struct unpack_result result;
	cleanup_fd int blob = store_open_blob(store, layer->digest, err);

	if (blob < 0 || unpack_layer(blob, folder, &options, &result, err) < 0)
		return -1;
	/*
	 * All of it on disk before it has its name, for nobody checks it again. One call for the
	 * whole file system: one for each file would take minutes.
	 */
	if (syncfs(folder) < 0)
		return fail_errno(err, "sync");
	if (renameat(store->layers, temporary, store->layers, diff_id + 7) < 0)
		return fail_errno(err, "rename");
	/* a container that is run from it is to find it after a power cut */
	return fsync(store->layers) < 0 ? fail_errno(err, "sync the layers' folder") : 0;
}

static int unpack_one(const struct store *store, const struct image_descriptor *layer,
		      const char *diff_id, struct error *err)
{
	char temporary[TEMPORARY_SIZE];
	cleanup_fd int folder = temporary_folder(store->layers, temporary, err);
	struct error other;

	if (folder < 0)
		return -1;
	if (unpack_into(store, folder, temporary, layer, diff_id, err) == 0)
		return 0;
	remove_tree_at(store->layers, temporary, &other);
	/* somebody else had the same in the meantime */
	if ((err->errnum == EEXIST || err->errnum == ENOTEMPTY) && is_unpacked(store, diff_id + 7))
		return 0;
	return fail_in(err, "unpack layer %s", layer->digest);
}

int image_unpack(const struct store *store, const struct image *image, struct error *err)
{
	const struct string_list *diff_ids = &image->config.rootfs.diff_ids;
	int count = 0;

	for (size_t i = 0; i < diff_ids->count; i++) {
		const char *diff_id = diff_ids->items[i];

		if (strncmp(diff_id, "sha256:", 7) != 0)
			return fail(err, EINVAL, "image %s: diff_id %s is no sha256 digest",
				    image->name, diff_id);
		if (is_unpacked(store, diff_id + 7))
			continue;
		if (unpack_one(store, &image->manifest.layers.items[i], diff_id, err) < 0)
			return fail_in(err, "image %s", image->name);
		count++;
	}
	return count;
}

int image_prepare(const struct store *store, const char *name, struct arena *arena,
		  struct image *image, struct string_list *lowers, struct error *err)
{
	cleanup_fd int lock = -1;
	size_t missing;

	if (store_find(store, name, arena, image, err) < 0)
		return -1;
	lock = store_lock_layers(store, false, err);
	if (lock < 0 || store_lowers(store, image, arena, lowers, &missing, err) < 0 ||
	    (missing && image_unpack(store, image, err) < 0))
		return -1;
	return take_fd(&lock);
}
