/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/blob.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "fs/temporary.h"

#define WRITEBACK_SIZE ((uint64_t)16 << 20)

int blob_begin(struct blob_writer *blob, const struct store *store, struct error *err)
{
	*blob = (struct blob_writer){ .store = store, .fd = -1 };
	blob->hash = digest_begin(err);
	if (!blob->hash)
		return -1;
	blob->fd = temporary_file(store->blobs, blob->temporary, err);
	if (blob->fd < 0) {
		digest_drop(&blob->hash);
		return fail_in(err, "store");
	}
	return 0;
}

int blob_write(struct blob_writer *blob, const void *data, size_t size, struct error *err)
{
	digest_add(blob->hash, data, size);
	return blob_write_hashed(blob, data, size, err);
}

int blob_write_hashed(struct blob_writer *blob, const void *data, size_t size, struct error *err)
{
	uint64_t before = blob->size;

	blob->size += size;
	if (write_all(blob->fd, data, size, err) < 0)
		return fail_in(err, "store");
	/* on its way to the disk while the rest comes, so that the fsync finds little to do */
	if (before / WRITEBACK_SIZE != blob->size / WRITEBACK_SIZE)
		sync_file_range(blob->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

void blob_end_hashed(struct blob_writer *blob, const struct digest *digest)
{
	digest_drop(&blob->hash);
	blob->digest = *digest;
}

int blob_end(struct blob_writer *blob, struct error *err)
{
	digest_end(blob->hash, &blob->digest);
	blob->hash = NULL;
	if (strlen(blob->digest.text) != strlen("sha256:") + 64)
		return fail(err, EIO, "libcrypto: SHA-256 failed");
	return 0;
}

void blob_park(struct blob_writer *blob)
{
	/* as in blob_write_hashed() */
	sync_file_range(blob->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	close_fd(&blob->fd);
}

static int reopen(struct blob_writer *blob, struct error *err)
{
	if (blob->fd < 0)
		blob->fd = openat(blob->store->blobs, blob->temporary,
				  O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return blob->fd < 0 ? fail_errno(err, "store: open %s", blob->temporary) : 0;
}

int blob_publish(struct blob_writer *blob, const char *expected, struct error *err)
{
	const char *name = blob->digest.text + strlen("sha256:");

	if (expected && strcmp(expected, blob->digest.text) != 0)
		return fail(err, EBADMSG, "blob %s: its content has the digest %s", expected,
			    blob->digest.text);
	if (reopen(blob, err) < 0)
		return -1;
	if (fsync(blob->fd) < 0)
		return fail_errno(err, "store: sync blob %s", name);
	/*
	 * One that is there already is replaced: whatever tool made it, and whatever a disk has
	 * done to it since, this one is durable and has been digested.
	 */
	if (renameat(blob->store->blobs, blob->temporary, blob->store->blobs, name) < 0)
		return fail_errno(err, "store: name blob %s", name);
	blob->temporary[0] = '\0';
	close_fd(&blob->fd);
	if (fsync(blob->store->blobs) < 0)
		return fail_errno(err, "store: sync the blobs' folder");
	return 0;
}

void blob_abort(struct blob_writer *blob)
{
	if (blob->temporary[0])
		unlinkat(blob->store->blobs, blob->temporary, 0);
	blob->temporary[0] = '\0';
	if (blob->store)
		close_fd(&blob->fd);
	digest_drop(&blob->hash);
}

int blob_put(const struct store *store, const void *data, size_t size, struct digest *digest,
	     struct error *err)
{
	struct blob_writer blob;

	if (blob_begin(&blob, store, err) < 0)
		return -1;
	if (blob_write(&blob, data, size, err) < 0 || blob_end(&blob, err) < 0 ||
	    blob_publish(&blob, NULL, err) < 0) {
		blob_abort(&blob);
		return -1;
	}
	*digest = blob.digest;
	return 0;
}
