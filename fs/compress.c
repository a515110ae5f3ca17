/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/compress.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "fs/compress_ring.h"
#include "specs/image_document.h"

static const struct {
	const char *name, *media_type;
} methods[] = {
	[COMPRESSION_ZSTD] = { "zstd", IMAGE_MEDIA_TYPE_LAYER_ZSTD },
	[COMPRESSION_GZIP] = { "gzip", IMAGE_MEDIA_TYPE_LAYER_GZIP },
	[COMPRESSION_NONE] = { "none", IMAGE_MEDIA_TYPE_LAYER },
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
static size_t processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < 1 ? 1 : (size_t)count;
}

static int make_chunks(struct compressor *compressor, size_t workers, struct error *err)
{
	compressor->chunk_count = workers + CHUNKS_BESIDE_WORKERS;
	for (size_t i = 0; i < compressor->chunk_count; i++) {
		struct chunk *chunk = &compressor->chunks[i];

		chunk->data = malloc(CHUNK_SIZE);
		chunk->out =
			workers ? malloc(chunk_bound(compressor->options.compression, CHUNK_SIZE))
				: chunk->data;
		if (!chunk->data || !chunk->out)
			return fail(err, ENOMEM, "compression: out of memory");
	}
	return 0;
}

struct compressor *compressor_new(const struct compressor_options *options, struct error *err)
{
	struct compressor *compressor = calloc(1, sizeof(*compressor));
	size_t workers = options->threads ? options->threads : processors();

	if (!compressor) {
		fail(err, ENOMEM, "compression: out of memory");
		return NULL;
	}
	if (workers > MAX_WORKERS)
		workers = MAX_WORKERS;
	if (options->compression == COMPRESSION_NONE)
		workers = 0;
	compressor->options = *options;
	pthread_mutex_init(&compressor->lock, NULL);
	pthread_cond_init(&compressor->changed, NULL);
	if (make_chunks(compressor, workers, err) < 0 ||
	    compressor_start(compressor, workers, err) < 0)
		compressor_free(&compressor);
	return compressor;
}

/* Hands the chunk that is being filled to the threads. */
static void submit(struct compressor *compressor)
{
	struct chunk *chunk = chunk_of(compressor, compressor->filled);

	compressor->size += chunk->size;
	progress_add(compressor->options.progress, chunk->size);
	pthread_mutex_lock(&compressor->lock);
	chunk->compressed = chunk->out == chunk->data;
	chunk->out_size = chunk->size;
	compressor->filled++;
	pthread_cond_broadcast(&compressor->changed);
	pthread_mutex_unlock(&compressor->lock);
}

/* Waits until the chunk of the ring that is next to be filled is free. */
static int wait_free(struct compressor *compressor, struct error *err)
{
	uint64_t number = compressor->filled;
	bool failed;

	if (number < compressor->chunk_count)
		return 0;
	number -= compressor->chunk_count;
	pthread_mutex_lock(&compressor->lock);
	while (!compressor->failed && (compressor->written <= number ||
				       (compressor->hash && compressor->hashed <= number)))
		pthread_cond_wait(&compressor->changed, &compressor->lock);
	failed = compressor->failed;
	if (failed)
		*err = compressor->error;
	pthread_mutex_unlock(&compressor->lock);
	return failed ? -1 : 0;
}

void *compressor_room(struct compressor *compressor, size_t *size, struct error *err)
{
	struct chunk *chunk = chunk_of(compressor, compressor->filled);

	if (chunk->size == CHUNK_SIZE) {
		submit(compressor);
		if (wait_free(compressor, err) < 0)
			return NULL;
		chunk = chunk_of(compressor, compressor->filled);
		chunk->size = 0;
	}
	*size = CHUNK_SIZE - chunk->size;
	return chunk->data + chunk->size;
}

void compressor_put(struct compressor *compressor, size_t size)
{
	chunk_of(compressor, compressor->filled)->size += size;
}

int compressor_write(struct compressor *compressor, const void *data, size_t size,
		     struct error *err)
{
	const unsigned char *at = data;

	while (size) {
		size_t room, piece;
		void *to = compressor_room(compressor, &room, err);

		if (!to)
			return -1;
		piece = size < room ? size : room;
		memcpy(to, at, piece);
		compressor_put(compressor, piece);
		at += piece;
		size -= piece;
	}
	return 0;
}

int compressor_finish(struct compressor *compressor, struct error *err)
{
	/* an empty one too: no bytes at all are no frame */
	submit(compressor);
	pthread_mutex_lock(&compressor->lock);
	compressor->ended = true;
	pthread_cond_broadcast(&compressor->changed);
	pthread_mutex_unlock(&compressor->lock);
	compressor_join(compressor);
	if (compressor->failed)
		*err = compressor->error;
	return compressor->failed ? -1 : 0;
}

uint64_t compressor_size(const struct compressor *compressor)
{
	return compressor->size;
}

int compressor_digest(struct compressor *compressor, struct digest *digest, struct error *err)
{
	digest_end(compressor->hash, digest);
	compressor->hash = NULL;
	if (strlen(digest->text) != strlen("sha256:") + 64)
		return fail(err, EIO, "libcrypto: SHA-256 failed");
	return 0;
}

void compressor_free(struct compressor **from)
{
	static const struct error unwanted = { .errnum = ECANCELED };
	struct compressor *compressor = *from;

	if (!compressor)
		return;
	compressor_give_up(compressor, &unwanted);
	compressor_join(compressor);
	for (size_t i = 0; i < compressor->chunk_count; i++) {
		struct chunk *chunk = &compressor->chunks[i];

		if (chunk->out != chunk->data)
			free(chunk->out);
		free(chunk->data);
	}
	digest_drop(&compressor->hash);
	pthread_cond_destroy(&compressor->changed);
	pthread_mutex_destroy(&compressor->lock);
	free(compressor);
	*from = NULL;
}
