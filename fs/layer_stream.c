/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/layer_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)256 << 10)

static ssize_t read_blob(void *context, const void **data, struct error *err)
{
	struct layer_stream *stream = context;
	ssize_t size;

	do
		size = read(stream->fd, stream->buffer, BUFFER_SIZE);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail_errno(err, "read the blob");
	digest_add(stream->blob_hash, stream->buffer, (size_t)size);
	stream->size += (uint64_t)size;
	*data = stream->buffer;
	return size;
}

int layer_stream_begin(struct layer_stream *stream, struct error *err)
{
	stream->buffer = malloc(BUFFER_SIZE);
	if (!stream->buffer)
		return fail(err, ENOMEM, "out of memory");
	stream->blob_hash = digest_begin(err);
	stream->hash = digest_begin(err);
	if (!stream->blob_hash || !stream->hash)
		return -1;
	stream->decompressor = decompressor_new(read_blob, stream, err);
	return stream->decompressor ? 0 : -1;
}

ssize_t layer_stream_read(struct layer_stream *stream, const void **data)
{
	ssize_t size = decompressor_read(stream->decompressor, data, &stream->error);

	if (size < 0)
		stream->failed = true;
	if (size > 0) {
		digest_add(stream->hash, *data, (size_t)size);
		stream->bytes += (uint64_t)size;
	}
	return size;
}

int layer_stream_end(struct layer_stream *stream, struct error *err)
{
	const void *data;
	ssize_t size;

	while (!stream->failed && layer_stream_read(stream, &data) > 0)
		;
	/* the blob's own digest is of all of it, whatever the archive in it is like */
	while ((size = read_blob(stream, &data, err)) > 0)
		;
	if (size < 0)
		return -1;
	digest_end(stream->hash, &stream->diff_id);
	digest_end(stream->blob_hash, &stream->digest);
	stream->hash = stream->blob_hash = NULL;
	return 0;
}

void layer_stream_free(struct layer_stream *stream)
{
	decompressor_free(&stream->decompressor);
	digest_drop(&stream->hash);
	digest_drop(&stream->blob_hash);
	free(stream->buffer);
	stream->buffer = NULL;
}
