/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "fs/digest.h"
#include "fs/store.h"

/*
 * Blobs of the store on their way in. A blob is written to a temporary file (locked, so that
 * prune leaves it), hashed as it passes, made durable, and only then gets its name.
 */
struct blob_writer {
	const struct store *store;
	int fd; /* -1: nothing open */
	char temporary[64];
	struct digest_state *hash;
	uint64_t size;	      /* bytes so far */
	struct digest digest; /* set by blob_end() */
};

/* Opens a temporary file. store must outlive the writer. */
int blob_begin(struct blob_writer *blob, const struct store *store, struct error *err);
int blob_write(struct blob_writer *blob, const void *data, size_t size, struct error *err);
/* No more data: the digest is known. The file stays temporary and is not durable yet. */
int blob_end(struct blob_writer *blob, struct error *err);
/* The same two for whoever knows the digest otherwise; not to be mixed with them. */
int blob_write_hashed(struct blob_writer *blob, const void *data, size_t size, struct error *err);
void blob_end_hashed(struct blob_writer *blob, const struct digest *digest);
/*
 * Closes the file of an ended blob, so that there may be thousands of them before they are
 * published. It is not locked then: the caller holds the blobs' lock, without which prune would
 * take it.
 */
void blob_park(struct blob_writer *blob);
/*
 * fsync, then the name, then fsync of the folder. A blob that is there already is replaced, since
 * nobody knows that it is whole. With expected (may be NULL): EBADMSG unless this is the digest.
 */
int blob_publish(struct blob_writer *blob, const char *expected, struct error *err);
/* Removes the temporary file, if any; accepts all states, a zeroed one too. */
void blob_abort(struct blob_writer *blob);

/* All of this for a small blob. */
int blob_put(const struct store *store, const void *data, size_t size, struct digest *digest,
	     struct error *err);
