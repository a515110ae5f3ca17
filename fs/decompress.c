/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "fs/compress.h"

#define OUTPUT_SIZE ((size_t)256 << 10)
/* The longest first bytes that we look at. */
#define MAGIC_SIZE 4

struct decompressor {
	decompress_source *source;
	void *context;
	enum compression compression;
	bool begun, ended, gzip_ready;
	bool open; /* a stream has begun and not ended */
	ZSTD_DCtx *zstd;
	z_stream gzip;
	const unsigned char *input; /* what the source gave last */
	size_t input_size;
	/* the first bytes, when the source gave fewer than MAGIC_SIZE at first */
	unsigned char head[MAGIC_SIZE];
	const unsigned char *later;
	size_t later_size;
	unsigned char *output;
};

struct decompressor *decompressor_new(decompress_source *source, void *context, struct error *err)
{
	struct decompressor *decompressor = calloc(1, sizeof(*decompressor));

	if (decompressor)
		decompressor->output = malloc(OUTPUT_SIZE);
	if (!decompressor || !decompressor->output) {
		free(decompressor);
		fail(err, ENOMEM, "decompression: out of memory");
		return NULL;
	}
	decompressor->source = source;
	decompressor->context = context;
	return decompressor;
}

enum compression decompressor_kind(const struct decompressor *decompressor)
{
	return decompressor->compression;
}

/* Makes input non-empty unless the source is at its end. Returns what is there. */
static ssize_t fill(struct decompressor *decompressor, struct error *err)
{
	const void *data;
	ssize_t size;

	if (decompressor->input_size)
		return (ssize_t)decompressor->input_size;
	if (decompressor->later_size) {
		decompressor->input = decompressor->later;
		decompressor->input_size = decompressor->later_size;
		decompressor->later_size = 0;
		return (ssize_t)decompressor->input_size;
	}
	size = decompressor->source(decompressor->context, &data, err);
	if (size > 0) {
		decompressor->input = data;
		decompressor->input_size = (size_t)size;
	}
	return size;
}

/* Collects the first bytes, however little the source gives at a time. */
static int read_head(struct decompressor *decompressor, struct error *err)
{
	size_t used = 0;

	while (used < MAGIC_SIZE) {
		ssize_t size = fill(decompressor, err);
		size_t take;

		if (size < 0)
			return -1;
		if (size == 0)
			break;
		if (used == 0 && size >= MAGIC_SIZE) {
			memcpy(decompressor->head, decompressor->input, MAGIC_SIZE);
			return 0;
		}
		take = MAGIC_SIZE - used < (size_t)size ? MAGIC_SIZE - used : (size_t)size;
		memcpy(decompressor->head + used, decompressor->input, take);
		used += take;
		decompressor->input += take;
		decompressor->input_size -= take;
	}
	decompressor->later = decompressor->input;
	decompressor->later_size = decompressor->input_size;
	decompressor->input = decompressor->head;
	decompressor->input_size = used;
	return 0;
}

static int begin(struct decompressor *decompressor, struct error *err)
{
	static const unsigned char zstd_magic[] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const unsigned char gzip_magic[] = { 0x1f, 0x8b };

	decompressor->begun = true;
	if (read_head(decompressor, err) < 0)
		return -1;
	decompressor->compression = COMPRESSION_NONE;
	if (!memcmp(decompressor->head, zstd_magic, sizeof(zstd_magic))) {
		decompressor->compression = COMPRESSION_ZSTD;
		decompressor->zstd = ZSTD_createDCtx();
		if (!decompressor->zstd)
			return fail(err, ENOMEM, "zstd: out of memory");
	} else if (!memcmp(decompressor->head, gzip_magic, sizeof(gzip_magic))) {
		decompressor->compression = COMPRESSION_GZIP;
		if (inflateInit2(&decompressor->gzip, 16 + 15) != Z_OK)
			return fail(err, ENOMEM, "gzip: out of memory");
		decompressor->gzip_ready = true;
	}
	return 0;
}

static ssize_t read_zstd(struct decompressor *decompressor, struct error *err)
{
	ZSTD_outBuffer out = { .dst = decompressor->output, .size = OUTPUT_SIZE };
	ZSTD_inBuffer in = { .src = decompressor->input, .size = decompressor->input_size };
	size_t status = ZSTD_decompressStream(decompressor->zstd, &out, &in);

	if (ZSTD_isError(status))
		return fail(err, EBADMSG, "zstd: %s", ZSTD_getErrorName(status));
	decompressor->input += in.pos;
	decompressor->input_size -= in.pos;
	decompressor->open = status != 0;
	return (ssize_t)out.pos;
}

static ssize_t read_gzip(struct decompressor *decompressor, struct error *err)
{
	z_stream *stream = &decompressor->gzip;
	size_t piece = decompressor->input_size > (1U << 30) ? 1U << 30 : decompressor->input_size;
	int status;

	if (!decompressor->open && inflateReset(stream) != Z_OK)
		return fail(err, EIO, "gzip: cannot start");
	decompressor->open = true;
	stream->next_in = (unsigned char *)decompressor->input;
	stream->avail_in = (unsigned)piece;
	stream->next_out = decompressor->output;
	stream->avail_out = OUTPUT_SIZE;
	status = inflate(stream, Z_NO_FLUSH);
	if (status == Z_STREAM_END)
		decompressor->open = false;
	else if (status != Z_OK && status != Z_BUF_ERROR)
		return fail(err, EBADMSG, "gzip: %s", stream->msg ? stream->msg : "bad data");
	decompressor->input += piece - stream->avail_in;
	decompressor->input_size -= piece - stream->avail_in;
	return (ssize_t)(OUTPUT_SIZE - stream->avail_out);
}

ssize_t decompressor_read(struct decompressor *decompressor, const void **data, struct error *err)
{
	if (!decompressor->begun && begin(decompressor, err) < 0)
		return -1;
	while (!decompressor->ended) {
		bool had_open = decompressor->open;
		ssize_t size = fill(decompressor, err), made;

		if (size < 0)
			return -1;
		if (size == 0 && !decompressor->open)
			break;
		if (decompressor->compression == COMPRESSION_NONE) {
			*data = decompressor->input;
			decompressor->input_size = 0;
			return size;
		}
		/* with the input at its end, the library may still hold output back */
		made = decompressor->compression == COMPRESSION_ZSTD ? read_zstd(decompressor, err)
								     : read_gzip(decompressor, err);
		if (made < 0)
			return -1;
		if (made > 0) {
			*data = decompressor->output;
			return made;
		}
		if (size == 0 && had_open && decompressor->open)
			return fail(err, EBADMSG, "%s: the stream is cut off",
				    compression_name(decompressor->compression));
	}
	decompressor->ended = true;
	return 0;
}

void decompressor_free(struct decompressor **decompressor)
{
	if (!*decompressor)
		return;
	ZSTD_freeDCtx((*decompressor)->zstd);
	if ((*decompressor)->gzip_ready)
		inflateEnd(&(*decompressor)->gzip);
	free((*decompressor)->output);
	free(*decompressor);
	*decompressor = NULL;
}
