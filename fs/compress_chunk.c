/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/compress_chunk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

/*
 * Measured on 500 MB of software: zstd's level 1 makes it 6 % larger than 3 does in three fifths of
 * the time; zlib's level 4 makes it 3 % larger than 6 in less than half.
 */
#define ZSTD_LEVEL 1
#define GZIP_LEVEL 4

struct chunk_coder {
	ZSTD_CCtx *zstd;
	z_stream gzip;
	bool gzip_ready;
};

struct chunk_coder *chunk_coder_new(enum compression compression, int level, struct error *err)
{
	struct chunk_coder *coder = calloc(1, sizeof(*coder));

	if (!coder)
		goto no_memory;
	if (compression == COMPRESSION_ZSTD) {
		coder->zstd = ZSTD_createCCtx();
		if (!coder->zstd)
			goto no_memory;
		ZSTD_CCtx_setParameter(coder->zstd, ZSTD_c_compressionLevel,
				       level ? level : ZSTD_LEVEL);
		ZSTD_CCtx_setParameter(coder->zstd, ZSTD_c_checksumFlag, 1);
	} else if (compression == COMPRESSION_GZIP) {
		/* -15: bare blocks */
		if (deflateInit2(&coder->gzip, level ? level : GZIP_LEVEL, Z_DEFLATED, -15, 8,
				 Z_DEFAULT_STRATEGY) != Z_OK)
			goto no_memory;
		coder->gzip_ready = true;
	}
	return coder;
no_memory:
	chunk_coder_free(coder);
	fail(err, ENOMEM, "compression: out of memory");
	return NULL;
}

void chunk_coder_free(struct chunk_coder *coder)
{
	if (!coder)
		return;
	ZSTD_freeCCtx(coder->zstd);
	if (coder->gzip_ready)
		deflateEnd(&coder->gzip);
	free(coder);
}

size_t chunk_bound(enum compression compression, size_t size)
{
	switch (compression) {
	case COMPRESSION_ZSTD:
		return ZSTD_compressBound(size);
	case COMPRESSION_GZIP:
		return compressBound(size) + CHUNK_EDGE;
	default:
		return size;
	}
}

static int compress_gzip(z_stream *stream, const void *data, size_t size, void *out, size_t *made,
			 struct error *err)
{
	size_t bound = chunk_bound(COMPRESSION_GZIP, size);

	if (deflateReset(stream) != Z_OK)
		return fail(err, EIO, "gzip: deflateReset failed");
	stream->next_in = (unsigned char *)data;
	stream->avail_in = (unsigned)size;
	stream->next_out = out;
	stream->avail_out = (unsigned)bound;
	if (deflate(stream, Z_SYNC_FLUSH) != Z_OK || stream->avail_in || !stream->avail_out)
		return fail(err, EIO, "gzip: deflate failed");
	*made = bound - stream->avail_out;
	return 0;
}

int chunk_compress(struct chunk_coder *coder, const void *data, size_t size, void *out,
		   size_t *made, struct error *err)
{
	if (coder->gzip_ready)
		return size ? compress_gzip(&coder->gzip, data, size, out, made, err) : 0;
	*made = ZSTD_compress2(coder->zstd, out, chunk_bound(COMPRESSION_ZSTD, size), data, size);
	if (ZSTD_isError(*made))
		return fail(err, EIO, "zstd: %s", ZSTD_getErrorName(*made));
	return 0;
}

struct chunk_check chunk_check(enum compression compression, const void *data, size_t size)
{
	struct chunk_check check = { .size = (uint32_t)size };

	if (compression == COMPRESSION_GZIP)
		check.crc = (uint32_t)crc32_z(0, data, size);
	return check;
}

struct chunk_check chunk_check_join(struct chunk_check before, struct chunk_check chunk)
{
	return (struct chunk_check){
		.crc = (uint32_t)crc32_combine(before.crc, chunk.crc, (z_off_t)chunk.size),
		.size = before.size + chunk.size,
	};
}

size_t chunk_head(enum compression compression, unsigned char *out)
{
	/* deflate, no name, no time, system unknown: always the same */
	static const unsigned char head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff };

	if (compression != COMPRESSION_GZIP)
		return 0;
	memcpy(out, head, sizeof(head));
	return sizeof(head);
}

static void put_little_endian(unsigned char *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (unsigned char)(value >> 8 * i);
}

size_t chunk_tail(enum compression compression, struct chunk_check check, unsigned char *out)
{
	if (compression != COMPRESSION_GZIP)
		return 0;
	/* the last block, an empty one */
	out[0] = 3;
	out[1] = 0;
	put_little_endian(out + 2, check.crc);
	put_little_endian(out + 6, check.size);
	return 10;
}
