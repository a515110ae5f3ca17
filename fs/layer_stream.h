/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "fs/compress.h"
#include "fs/digest.h"

/*
 * A layer's blob on its way from the disk to whoever reads the archive in it: both digests are
 * taken as it passes. Begins as { .fd = FD }; what the error is when a read fails stays in it, as
 * libarchive between it and its user has no struct error.
 */
struct layer_stream {
	int fd;			       /* of the blob, read from its present offset; the caller's */
	uint64_t size, bytes;	       /* read of the blob; given out */
	struct digest digest, diff_id; /* set by layer_stream_end() */
	struct error error;
	bool failed;
	/* private */
	struct digest_state *blob_hash, *hash;
	struct decompressor *decompressor;
	char *buffer;
};

int layer_stream_begin(struct layer_stream *stream, struct error *err);
/* Gives the next bytes of the archive in its own buffer; 0 at the end, -1 with stream->error. */
ssize_t layer_stream_read(struct layer_stream *stream, const void **data);
/* Reads the rest, and what is behind the compressed stream; the digests are known then. */
int layer_stream_end(struct layer_stream *stream, struct error *err);
/* Accepts all states. */
void layer_stream_free(struct layer_stream *stream);

#define cleanup_layer_stream __attribute__((cleanup(layer_stream_free)))
