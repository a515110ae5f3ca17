/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/progress.h"
#include "fs/compress.h"
#include "fs/digest.h"

/*
 * The archive in a blob: a thread of its own reads, hashes, decompresses and hashes again, some
 * buffers ahead of whoever takes the archive apart.
 */

struct unpack_stream_options {
	uint64_t max_bytes; /* after decompression */
	/* After decompression at most so many times the bytes before, counted beyond ratio_free. */
	uint64_t max_ratio, ratio_free;
	struct progress *progress; /* told the bytes before decompression; NULL: nobody */
	const atomic_bool *cancel; /* ends it with ECANCELED when it becomes true; NULL: never */
};

struct unpack_stream;

/* fd is read from where it is to its end, and stays the caller's; it need not seek. */
struct unpack_stream *unpack_stream_open(int fd, const struct unpack_stream_options *options,
					 struct error *err);

/*
 * The next bytes of the archive, valid until the next call. 0: the end, -1: an error (limits:
 * EFBIG, damaged data: EBADMSG), which every later call then repeats.
 */
ssize_t unpack_stream_read(struct unpack_stream *stream, const void **data, struct error *err);

/* Reads what is left, so that the digests are of everything. */
int unpack_stream_end(struct unpack_stream *stream, struct digest *archive, struct digest *blob,
		      enum compression *compression, struct error *err);

/* Ends the thread and frees everything. NULL is fine. */
void unpack_stream_close(struct unpack_stream **stream);

#define cleanup_unpack_stream __attribute__((cleanup(unpack_stream_close)))
