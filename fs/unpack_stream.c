/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/unpack_stream.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/macro.h"

#define BUFFER_SIZE ((size_t)256 << 10)
#define BUFFERS 8

struct buffer {
	char *data;
	size_t size;
};

struct unpack_stream {
	int fd;
	struct unpack_stream_options options;
	/* the thread's own while it runs */
	struct digest_state *blob_hash, *archive_hash;
	struct decompressor *decompressor;
	char *input;
	uint64_t before, after; /* bytes so far on either side of the decompression */
	/* shared: a ring of buffers */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct buffer ring[BUFFERS];
	size_t first, count; /* those that are full */
	bool started, ended, failed, closing;
	struct error error;
	/* the reader's own */
	bool holds; /* the first one is with the caller */
};

/* In the thread ------------------------------------------------------------------------------- */

static ssize_t read_blob(void *context, const void **data, struct error *err)
{
	struct unpack_stream *stream = context;
	ssize_t size;

	if (stream->options.cancel && atomic_load(stream->options.cancel))
		return fail(err, ECANCELED, "cancelled");
	do
		size = read(stream->fd, stream->input, BUFFER_SIZE);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail_errno(err, "read the blob");
	digest_add(stream->blob_hash, stream->input, (size_t)size);
	stream->before += (uint64_t)size;
	progress_add(stream->options.progress, (uint64_t)size);
	*data = stream->input;
	return size;
}

static int check_limits(const struct unpack_stream *stream, struct error *err)
{
	const struct unpack_stream_options *options = &stream->options;

	if (stream->after > options->max_bytes)
		return fail(err, EFBIG, "more than %llu bytes unpacked (--max-size)",
			    (unsigned long long)options->max_bytes);
	if (stream->after > options->ratio_free &&
	    stream->after / options->max_ratio > stream->before)
		return fail(err, EFBIG,
			    "%llu bytes have become more than %llu times as many (--max-ratio)",
			    (unsigned long long)stream->before,
			    (unsigned long long)options->max_ratio);
	return 0;
}

/* The next buffer to fill; NULL: nobody reads any more. */
static struct buffer *wait_for_room(struct unpack_stream *stream)
{
	struct buffer *buffer = NULL;

	pthread_mutex_lock(&stream->lock);
	while (stream->count == BUFFERS && !stream->closing)
		pthread_cond_wait(&stream->changed, &stream->lock);
	if (!stream->closing)
		buffer = &stream->ring[(stream->first + stream->count) % BUFFERS];
	pthread_mutex_unlock(&stream->lock);
	return buffer;
}

static void hand_over(struct unpack_stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	stream->count++;
	pthread_cond_signal(&stream->changed);
	pthread_mutex_unlock(&stream->lock);
}

/* Fills one buffer, from as many pieces as it takes. Returns 0 at the end. */
static ssize_t fill(struct unpack_stream *stream, struct buffer *buffer, const char **piece,
		    size_t *left, struct error *err)
{
	buffer->size = 0;
	while (buffer->size < BUFFER_SIZE) {
		size_t size;

		if (!*left) {
			const void *data;
			ssize_t got = decompressor_read(stream->decompressor, &data, err);

			if (got < 0)
				return -1;
			if (got == 0)
				break;
			stream->after += (uint64_t)got;
			if (check_limits(stream, err) < 0)
				return -1;
			*piece = data;
			*left = (size_t)got;
		}
		size = BUFFER_SIZE - buffer->size < *left ? BUFFER_SIZE - buffer->size : *left;
		memcpy(buffer->data + buffer->size, *piece, size);
		buffer->size += size;
		*piece += size;
		*left -= size;
	}
	digest_add(stream->archive_hash, buffer->data, buffer->size);
	return (ssize_t)buffer->size;
}

static void *run(void *context)
{
	struct unpack_stream *stream = context;
	const char *piece = NULL;
	struct buffer *buffer;
	struct error err;
	ssize_t size = 0;
	size_t left = 0;

	while ((buffer = wait_for_room(stream))) {
		size = fill(stream, buffer, &piece, &left, &err);
		if (size <= 0)
			break;
		hand_over(stream);
	}
	pthread_mutex_lock(&stream->lock);
	stream->ended = true;
	if (size < 0) {
		stream->failed = true;
		stream->error = err;
	}
	pthread_cond_signal(&stream->changed);
	pthread_mutex_unlock(&stream->lock);
	return NULL;
}

/* The reader's side --------------------------------------------------------------------------- */

static int prepare(struct unpack_stream *stream, struct error *err)
{
	stream->input = malloc(BUFFER_SIZE);
	if (!stream->input)
		return fail(err, ENOMEM, "out of memory");
	for (size_t i = 0; i < BUFFERS; i++) {
		stream->ring[i].data = malloc(BUFFER_SIZE);
		if (!stream->ring[i].data)
			return fail(err, ENOMEM, "out of memory");
	}
	stream->blob_hash = digest_begin(err);
	stream->archive_hash = digest_begin(err);
	if (!stream->blob_hash || !stream->archive_hash)
		return -1;
	stream->decompressor = decompressor_new(read_blob, stream, err);
	return stream->decompressor ? 0 : -1;
}

struct unpack_stream *unpack_stream_open(int fd, const struct unpack_stream_options *options,
					 struct error *err)
{
	struct unpack_stream *stream = calloc(1, sizeof(*stream));
	int errnum;

	if (!stream) {
		fail(err, ENOMEM, "out of memory");
		return NULL;
	}
	*stream = (struct unpack_stream){
		.fd = fd,
		.options = *options,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
	if (prepare(stream, err) < 0) {
		unpack_stream_close(&stream);
		return NULL;
	}
	errnum = pthread_create(&stream->thread, NULL, run, stream);
	if (errnum) {
		fail(err, errnum, "start a thread: %s", strerror(errnum));
		unpack_stream_close(&stream);
		return NULL;
	}
	stream->started = true;
	return stream;
}

ssize_t unpack_stream_read(struct unpack_stream *stream, const void **data, struct error *err)
{
	const struct buffer *buffer;
	ssize_t size;

	pthread_mutex_lock(&stream->lock);
	if (stream->holds) {
		stream->first = (stream->first + 1) % BUFFERS;
		stream->count--;
		stream->holds = false;
		pthread_cond_signal(&stream->changed);
	}
	while (!stream->count && !stream->ended)
		pthread_cond_wait(&stream->changed, &stream->lock);
	if (stream->count) {
		buffer = &stream->ring[stream->first];
		stream->holds = true;
		*data = buffer->data;
		size = (ssize_t)buffer->size;
	} else {
		size = stream->failed ? -1 : 0;
		if (size < 0)
			*err = stream->error;
	}
	pthread_mutex_unlock(&stream->lock);
	return size;
}

int unpack_stream_end(struct unpack_stream *stream, struct digest *archive, struct digest *blob,
		      enum compression *compression, struct error *err)
{
	const void *data;
	ssize_t size;

	while ((size = unpack_stream_read(stream, &data, err)) > 0)
		;
	if (size < 0)
		return -1;
	/* the thread is at its end */
	digest_end(stream->archive_hash, archive);
	digest_end(stream->blob_hash, blob);
	stream->archive_hash = stream->blob_hash = NULL;
	*compression = decompressor_kind(stream->decompressor);
	return 0;
}

void unpack_stream_close(struct unpack_stream **stream)
{
	struct unpack_stream *closed = *stream;

	if (!closed)
		return;
	if (closed->started) {
		pthread_mutex_lock(&closed->lock);
		closed->closing = true;
		pthread_cond_signal(&closed->changed);
		pthread_mutex_unlock(&closed->lock);
		pthread_join(closed->thread, NULL);
	}
	decompressor_free(&closed->decompressor);
	digest_drop(&closed->archive_hash);
	digest_drop(&closed->blob_hash);
	for (size_t i = 0; i < ARRAY_SIZE(closed->ring); i++)
		free(closed->ring[i].data);
	free(closed->input);
	free(closed);
	*stream = NULL;
}
