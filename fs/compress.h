/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* Streams of gzip (zlib) and zstd (libzstd), or neither. Memory is bounded whatever the data. */

enum compression { COMPRESSION_ZSTD, COMPRESSION_GZIP, COMPRESSION_NONE };

/* "zstd", "gzip", "none". */
int compression_parse(const char *text, enum compression *compression, struct error *err);
const char *compression_name(enum compression compression);
/* The media type of a layer (image-spec, layer.md). */
const char *compression_media_type(enum compression compression);

/* Takes what a stream gives out. */
typedef int compress_sink(void *context, const void *data, size_t size, struct error *err);

struct compressor;

/*
 * level: 0 is the default of the method. threads: how many compress in parallel (zstd only),
 * 0: as many as there are processors.
 */
struct compressor *compressor_new(enum compression compression, int level, unsigned threads,
				  compress_sink *sink, void *context, struct error *err);
int compressor_write(struct compressor *compressor, const void *data, size_t size,
		     struct error *err);
/* Writes the end of the stream. */
int compressor_finish(struct compressor *compressor, struct error *err);
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
