/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "fs/compress.h"

/*
 * One chunk of a stream compressed for itself. For fs/compress.c only.
 *
 * zstd: a frame (RFC 8878), which says how long its content is. gzip: blocks of deflate that end at
 * a byte and refer to nothing before them (RFC 1951); the head and the tail of the one member that
 * they are the content of (RFC 1952) come from chunk_head() and chunk_tail().
 */
struct chunk_coder;

/* What one thread needs to compress. level 0: a quick one. */
struct chunk_coder *chunk_coder_new(enum compression compression, int level, struct error *err);
void chunk_coder_free(struct chunk_coder *coder);

/* The most that size bytes can become. */
size_t chunk_bound(enum compression compression, size_t size);
/* Compresses size bytes of data into out, which has chunk_bound(). *made is how many it became. */
int chunk_compress(struct chunk_coder *coder, const void *data, size_t size, void *out,
		   size_t *made, struct error *err);

/* What gzip checks of the stream so far: starts as { 0 }. */
struct chunk_check {
	uint32_t crc;
	uint32_t size;
};

/* The check of one chunk, and that of what is before with it behind. */
struct chunk_check chunk_check(enum compression compression, const void *data, size_t size);
struct chunk_check chunk_check_join(struct chunk_check before, struct chunk_check chunk);

#define CHUNK_EDGE 16
/* What comes before all chunks and behind them: 0 to CHUNK_EDGE bytes in out. */
size_t chunk_head(enum compression compression, unsigned char *out);
size_t chunk_tail(enum compression compression, struct chunk_check check, unsigned char *out);
