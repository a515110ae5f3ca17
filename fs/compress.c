/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/compress.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "base/macro.h"
#include "specs/image_document.h"

/* What goes to the sink at a time. */
#define OUTPUT_SIZE ((size_t)256 << 10)
#define MAX_THREADS 16

static const struct {
	const char *name, *media_type;
} methods[] = {
	[COMPRESSION_ZSTD] = { "zstd", IMAGE_MEDIA_TYPE_LAYER_ZSTD },
	[COMPRESSION_GZIP] = { "gzip", IMAGE_MEDIA_TYPE_LAYER_GZIP },
	[COMPRESSION_NONE] = { "none", IMAGE_MEDIA_TYPE_LAYER },
};

struct compressor {
	enum compression compression;
	compress_sink *sink;
	void *context;
	ZSTD_CCtx *zstd;
	z_stream gzip;
	bool gzip_ready;
	unsigned char *output;
};

int compression_parse(const char *text, enum compression *compression, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++) {
		if (strcmp(text, methods[i].name) != 0)
			continue;
		*compression = (enum compression)i;
		return 0;
	}
	return fail(err, EINVAL, "unknown compression '%s': zstd, gzip or none", text);
}

const char *compression_name(enum compression compression)
{
	return methods[compression].name;
}

const char *compression_media_type(enum compression compression)
{
	return methods[compression].media_type;
}

/* Processors that we may run on, which in a container are fewer than the machine's. */
static int processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < 1 ? 1 : count > MAX_THREADS ? MAX_THREADS : count;
}

static int begin_zstd(struct compressor *compressor, int level, unsigned threads, struct error *err)
{
	int workers = threads ? (int)threads : processors();

	compressor->zstd = ZSTD_createCCtx();
	if (!compressor->zstd)
		return fail(err, ENOMEM, "zstd: out of memory");
	ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_compressionLevel, level ? level : 3);
	ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_checksumFlag, 1);
	/*
	 * Refused by a library built without threads: it is then done in this one. Even a single
	 * worker is worth it, for it runs beside reading and hashing.
	 */
	ZSTD_CCtx_setParameter(compressor->zstd, ZSTD_c_nbWorkers, workers);
	return 0;
}

static int begin_gzip(struct compressor *compressor, int level, struct error *err)
{
	/* 16 + 15: a gzip header; zlib's has no name and no time in it, so it is always the same */
	if (deflateInit2(&compressor->gzip, level ? level : Z_DEFAULT_COMPRESSION, Z_DEFLATED,
			 16 + 15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return fail(err, ENOMEM, "gzip: %s",
			    compressor->gzip.msg ? compressor->gzip.msg : "cannot start");
	compressor->gzip_ready = true;
	return 0;
}

struct compressor *compressor_new(enum compression compression, int level, unsigned threads,
				  compress_sink *sink, void *context, struct error *err)
{
	struct compressor *compressor = calloc(1, sizeof(*compressor));
	int result = 0;

	if (compressor)
		compressor->output = malloc(OUTPUT_SIZE);
	if (!compressor || !compressor->output) {
		free(compressor);
		fail(err, ENOMEM, "compression: out of memory");
		return NULL;
	}
	compressor->compression = compression;
	compressor->sink = sink;
	compressor->context = context;
	if (compression == COMPRESSION_ZSTD)
		result = begin_zstd(compressor, level, threads, err);
	else if (compression == COMPRESSION_GZIP)
		result = begin_gzip(compressor, level, err);
	if (result < 0)
		compressor_free(&compressor);
	return compressor;
}

/* Hands data to the library and what comes out to the sink; the end of the stream too, if end. */
static int run_zstd(struct compressor *compressor, const void *data, size_t size, bool end,
		    struct error *err)
{
	ZSTD_inBuffer in = { .src = data, .size = size };
	size_t left;

	do {
		ZSTD_outBuffer out = { .dst = compressor->output, .size = OUTPUT_SIZE };

		left = ZSTD_compressStream2(compressor->zstd, &out, &in,
					    end ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return fail(err, EIO, "zstd: %s", ZSTD_getErrorName(left));
		if (out.pos &&
		    compressor->sink(compressor->context, compressor->output, out.pos, err) < 0)
			return -1;
	} while (end ? left != 0 : in.pos < in.size);
	return 0;
}

static int run_gzip(struct compressor *compressor, const void *data, size_t size, bool end,
		    struct error *err)
{
	z_stream *stream = &compressor->gzip;
	const unsigned char *at = data;
	int status = Z_OK;

	do {
		size_t piece = size > (1U << 30) ? 1U << 30 : size;

		stream->next_in = (unsigned char *)at;
		stream->avail_in = (unsigned)piece;
		do {
			size_t made;

			stream->next_out = compressor->output;
			stream->avail_out = OUTPUT_SIZE;
			status = deflate(stream, end ? Z_FINISH : Z_NO_FLUSH);
			if (status == Z_STREAM_ERROR)
				return fail(err, EIO, "gzip: deflate failed");
			made = OUTPUT_SIZE - stream->avail_out;
			if (made && compressor->sink(compressor->context, compressor->output, made,
						     err) < 0)
				return -1;
		} while (stream->avail_out == 0 || (end && status != Z_STREAM_END));
		at += piece;
		size -= piece;
	} while (size);
	return 0;
}

int compressor_write(struct compressor *compressor, const void *data, size_t size,
		     struct error *err)
{
	if (!size)
		return 0;
	switch (compressor->compression) {
	case COMPRESSION_ZSTD:
		return run_zstd(compressor, data, size, false, err);
	case COMPRESSION_GZIP:
		return run_gzip(compressor, data, size, false, err);
	default:
		return compressor->sink(compressor->context, data, size, err);
	}
}

int compressor_finish(struct compressor *compressor, struct error *err)
{
	switch (compressor->compression) {
	case COMPRESSION_ZSTD:
		return run_zstd(compressor, NULL, 0, true, err);
	case COMPRESSION_GZIP:
		return run_gzip(compressor, "", 0, true, err);
	default:
		return 0;
	}
}

void compressor_free(struct compressor **compressor)
{
	if (!*compressor)
		return;
	ZSTD_freeCCtx((*compressor)->zstd);
	if ((*compressor)->gzip_ready)
		deflateEnd(&(*compressor)->gzip);
	free((*compressor)->output);
	free(*compressor);
	*compressor = NULL;
}
