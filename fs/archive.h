/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "base/progress.h"
#include "fs/blob.h"
#include "fs/compress.h"
#include "fs/diff.h"
#include "fs/layer_delta.h"
#include "fs/layer_stack.h"
#include "specs/runtime_spec.h"

/*
 * The writable layer of a container as an OCI layer (image-spec, layer.md): a pax archive of
 * what diff_walk() lists, deletions as ".wh.NAME", opaque directories with ".wh..wh..opq".
 *
 * It has: owners, modes, times of modification in nanoseconds, extended attributes (but not those
 * of overlayfs), hard links, holes, devices and FIFOs; a renamed directory (redirect) with its
 * merged content. The same layer always gives the same bytes. Left out: sockets, and names that
 * start with ".wh.", which the format cannot express (with a warning).
 *
 * A file that shrinks while it is read is filled up with zeros, one that grows is cut, one that
 * vanishes is left out: a container that is not frozen costs consistency, never the archive.
 */

struct archive_options {
	enum compression compression;
	int level;	  /* of compression; 0: default */
	unsigned threads; /* of compression; 0: one for each processor */
	/*
	 * How owners on disk are mapped back to those that the container sees; NULL or empty: not
	 * at all. An owner outside of all ranges is an error (EOVERFLOW).
	 */
	const struct spec_id_mappings *uids, *gids;
	const struct layer_delta *delta; /* what of a layer; NULL: all that diff_walk() lists */
	struct progress *progress;	 /* told the bytes before compression; NULL: nobody */
};

struct archive_result {
	struct digest diff_id; /* of the archive before compression */
	uint64_t size;	       /* bytes before compression */
	uint64_t entries;
	uint64_t left_out; /* sockets, names that start with ".wh." */
};

/*
 * Archives stack's upper layer into blob (begun, not ended). Memory is bounded but for the hard
 * links, some 100 bytes each.
 */
int archive_layer(const struct layer_stack *stack, const struct archive_options *options,
		  struct blob_writer *blob, struct archive_result *result, struct error *err);

/*
 * An archive of things as they are, not of a layer: a merged root, or what `cp` hands out. Of its
 * entries kind and opaque mean nothing, and names that start with ".wh." are names. What it has is
 * as above; the digest is not made. options and result must live as long as the stream.
 */
struct archive_stream;

struct archive_stream *archive_stream_begin(const struct archive_options *options,
					    compress_sink *sink, void *context,
					    struct archive_result *result, struct error *err);
/* The entry is of tree_walk(), or of one thing alone. */
int archive_stream_add(struct archive_stream *stream, const struct diff_entry *entry,
		       struct error *err);
int archive_stream_end(struct archive_stream *stream, struct error *err);
void archive_stream_drop(struct archive_stream **stream);

#define cleanup_archive_stream __attribute__((cleanup(archive_stream_drop)))
