/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "base/progress.h"
#include "fs/digest.h"

/*
 * Streams of gzip (zlib) and zstd (libzstd), or neither. Memory is bounded whatever the data: some
 * 3 MB for each processor.
 */

enum compression { COMPRESSION_ZSTD, COMPRESSION_GZIP, COMPRESSION_NONE };

/* "zstd", "gzip", "none". */
int compression_parse(const char *text, enum compression *compression, struct error *err);
const char *compression_name(enum compression compression);
/* The media type of a layer (image-spec, layer.md). */
const char *compression_media_type(enum compression compression);

/* Takes what a stream gives out. Called in order, by a thread of the stream's own. */
typedef int compress_sink(void *context, const void *data, size_t size, struct error *err);

/*
 * Compresses with all processors: what goes in is cut into chunks of 1 MiB, and each is compressed
 * for itself, as a frame of zstd or as blocks of one gzip member, so that the same input gives the
 * same bytes whatever the number of threads. Hashing and writing are threads too.
 */
struct compressor;

struct compressor_options {
	enum compression compression;
	int level;		   /* 0: a quick one */
	unsigned threads;	   /* that compress; 0: as many as there are processors */
	bool digest;		   /* that of the input is wanted: compressor_digest() */
	struct progress *progress; /* told the bytes of the input; NULL: nobody */
	compress_sink *sink;
	void *context; /* of sink */
};

struct compressor *compressor_new(const struct compressor_options *options, struct error *err);
int compressor_write(struct compressor *compressor, const void *data, size_t size,
		     struct error *err);
/*
 * The same without a copy: where the next bytes may be put, *size (at least 1) of them, and then
 * that so many were. NULL on failure.
 */
void *compressor_room(struct compressor *compressor, size_t *size, struct error *err);
void compressor_put(struct compressor *compressor, size_t size);
/* Writes the end of the stream. */
int compressor_finish(struct compressor *compressor, struct error *err);
/* After compressor_finish(): the bytes of the input, and its digest. */
uint64_t compressor_size(const struct compressor *compressor);
int compressor_digest(struct compressor *compressor, struct digest *digest, struct error *err);
void compressor_free(struct compressor **compressor);

#define cleanup_compressor __attribute__((cleanup(compressor_free)))

/* Gives the next bytes of the compressed stream in its own buffer; 0 at the end, -1 on error. */
typedef ssize_t decompress_source(void *context, const void **data, struct error *err);

struct decompressor;

/* What it is (gzip, zstd or neither) is told from the first bytes. Several streams one after the
 * other are one, as gzip(1) and zstd(1) have it; a cut one is an error. */
struct decompressor *decompressor_new(decompress_source *source, void *context, struct error *err);
/* The same contract as of a source. */
ssize_t decompressor_read(struct decompressor *decompressor, const void **data, struct error *err);
/* What was found; known after the first read. */
enum compression decompressor_kind(const struct decompressor *decompressor);
void decompressor_free(struct decompressor **decompressor);

#define cleanup_decompressor __attribute__((cleanup(decompressor_free)))
