/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/compress.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/macro.h"
#include "fs/compress_chunk.h"
#include "specs/image_document.h"

/*
 * Chunks go round a ring, and each has a number. The caller fills them, the hashing thread adds
 * them to the digest, any worker compresses the next one that none has, the writing thread hands
 * them to the sink in order. A chunk is filled again when it is hashed and written. All wait on one
 * condition: some hundred chunks a second are no load.
 */
#define CHUNK_SIZE ((size_t)1 << 20)
#define MAX_WORKERS 16
/* One that is filled, one that is hashed, one that is written, and one on the way. */
#define CHUNKS_BESIDE_WORKERS 4

static const struct {
	const char *name, *media_type;
} methods[] = {
	[COMPRESSION_ZSTD] = { "zstd", IMAGE_MEDIA_TYPE_LAYER_ZSTD },
	[COMPRESSION_GZIP] = { "gzip", IMAGE_MEDIA_TYPE_LAYER_GZIP },
	[COMPRESSION_NONE] = { "none", IMAGE_MEDIA_TYPE_LAYER },
};

struct chunk {
	unsigned char *data, *out; /* out is data where nothing is compressed */
	size_t size, out_size;
	struct chunk_check check;
	bool compressed;
};

struct compressor {
	struct compressor_options options;
	struct digest_state *hash; /* NULL: none is wanted */
	uint64_t size;		   /* of what was submitted */
	pthread_mutex_t lock;	   /* of all below */
	pthread_cond_t changed;
	struct chunk chunks[MAX_WORKERS + CHUNKS_BESIDE_WORKERS];
	size_t chunk_count;
	/* the numbers of the next chunk to be filled, hashed, compressed and written */
	uint64_t filled, hashed, claimed, written;
	bool ended;  /* nothing more is filled */
	bool failed; /* with error, or because nobody wants the rest: all threads leave */
	struct error error;
	pthread_t threads[MAX_WORKERS + 2];
	size_t thread_count;
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

static struct chunk *chunk_of(struct compressor *compressor, uint64_t number)
{
	return &compressor->chunks[number % compressor->chunk_count];
}

/* The threads -------------------------------------------------------------------------------- */

static void give_up(struct compressor *compressor, const struct error *err)
{
	pthread_mutex_lock(&compressor->lock);
	if (!compressor->failed)
		compressor->error = *err;
	compressor->failed = true;
	pthread_cond_broadcast(&compressor->changed);
	pthread_mutex_unlock(&compressor->lock);
}

/* Adds one to a number of the compressor's, which somebody may wait for. */
static void advance(struct compressor *compressor, uint64_t *number)
{
	pthread_mutex_lock(&compressor->lock);
	(*number)++;
	pthread_cond_broadcast(&compressor->changed);
	pthread_mutex_unlock(&compressor->lock);
}

/*
 * Waits for the chunk of that number, which another worker may raise meanwhile, to be filled. NULL:
 * there is none to come, or no sense in it.
 */
static struct chunk *wait_filled(struct compressor *compressor, const uint64_t *number)
{
	while (!compressor->failed && compressor->filled == *number && !compressor->ended)
		pthread_cond_wait(&compressor->changed, &compressor->lock);
	if (compressor->failed || compressor->filled == *number)
		return NULL;
	return chunk_of(compressor, *number);
}

static void *hash_chunks(void *context)
{
	struct compressor *compressor = context;
	struct chunk *chunk;

	for (;;) {
		pthread_mutex_lock(&compressor->lock);
		chunk = wait_filled(compressor, &compressor->hashed);
		pthread_mutex_unlock(&compressor->lock);
		if (!chunk)
			return NULL;
		digest_add(compressor->hash, chunk->data, chunk->size);
		advance(compressor, &compressor->hashed);
	}
}

static int compress_chunk(struct compressor *compressor, struct chunk_coder *coder,
			  struct chunk *chunk, struct error *err)
{
	if (chunk_compress(coder, chunk->data, chunk->size, chunk->out, &chunk->out_size, err) < 0)
		return -1;
	chunk->check = chunk_check(compressor->options.compression, chunk->data, chunk->size);
	pthread_mutex_lock(&compressor->lock);
	chunk->compressed = true;
	pthread_cond_broadcast(&compressor->changed);
	pthread_mutex_unlock(&compressor->lock);
	return 0;
}

static void *compress_chunks(void *context)
{
	struct compressor *compressor = context;
	struct error err;
	struct chunk_coder *coder =
		chunk_coder_new(compressor->options.compression, compressor->options.level, &err);
	struct chunk *chunk = NULL;

	do {
		if (!coder || (chunk && compress_chunk(compressor, coder, chunk, &err) < 0))
			give_up(compressor, &err);
		pthread_mutex_lock(&compressor->lock);
		chunk = wait_filled(compressor, &compressor->claimed);
		if (chunk)
			compressor->claimed++;
		pthread_mutex_unlock(&compressor->lock);
	} while (chunk);
	chunk_coder_free(coder);
	return NULL;
}

static int give_out(struct compressor *compressor, const void *data, size_t size, struct error *err)
{
	return size ? compressor->options.sink(compressor->options.context, data, size, err) : 0;
}

static int write_all_chunks(struct compressor *compressor, struct error *err)
{
	const struct compressor_options *options = &compressor->options;
	struct chunk_check check = { 0 };
	unsigned char edge[CHUNK_EDGE];

	if (give_out(compressor, edge, chunk_head(options->compression, edge), err) < 0)
		return -1;
	for (;;) {
		struct chunk *chunk;

		pthread_mutex_lock(&compressor->lock);
		chunk = wait_filled(compressor, &compressor->written);
		while (chunk && !chunk->compressed && !compressor->failed)
			pthread_cond_wait(&compressor->changed, &compressor->lock);
		if (compressor->failed)
			chunk = NULL;
		pthread_mutex_unlock(&compressor->lock);
		if (!chunk)
			break;
		if (give_out(compressor, chunk->out, chunk->out_size, err) < 0)
			return -1;
		check = chunk_check_join(check, chunk->check);
		advance(compressor, &compressor->written);
	}
	return give_out(compressor, edge, chunk_tail(options->compression, check, edge), err);
}

static void *write_chunks(void *context)
{
	struct compressor *compressor = context;
	struct error err;

	if (write_all_chunks(compressor, &err) < 0)
		give_up(compressor, &err);
	return NULL;
}

/* The caller's side -------------------------------------------------------------------------- */

/* Processors that we may run on, which in a container are fewer than the machine's. */
static size_t processors(void)
{
	cpu_set_t set;
	int count = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return count < 1 ? 1 : (size_t)count;
}

static int start_thread(struct compressor *compressor, void *(*body)(void *), struct error *err)
{
	sigset_t all, before;
	int errnum;

	/* signals are the caller's thread's, but who reads our output no more ends us as usual */
	sigfillset(&all);
	sigdelset(&all, SIGPIPE);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	errnum = pthread_create(&compressor->threads[compressor->thread_count], NULL, body,
				compressor);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (errnum)
		return fail(err, errnum, "compression: start a thread: %s", strerror(errnum));
	compressor->thread_count++;
	return 0;
}

static int start_threads(struct compressor *compressor, size_t workers, struct error *err)
{
	if (compressor->options.digest) {
		compressor->hash = digest_begin(err);
		if (!compressor->hash || start_thread(compressor, hash_chunks, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < workers; i++)
		if (start_thread(compressor, compress_chunks, err) < 0)
			return -1;
	return start_thread(compressor, write_chunks, err);
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
	    start_threads(compressor, workers, err) < 0)
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

static void join_threads(struct compressor *compressor)
{
	while (compressor->thread_count)
		pthread_join(compressor->threads[--compressor->thread_count], NULL);
}

int compressor_finish(struct compressor *compressor, struct error *err)
{
	/* an empty one too: no bytes at all are no frame */
	submit(compressor);
	pthread_mutex_lock(&compressor->lock);
	compressor->ended = true;
	pthread_cond_broadcast(&compressor->changed);
	pthread_mutex_unlock(&compressor->lock);
	join_threads(compressor);
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
	give_up(compressor, &unwanted);
	join_threads(compressor);
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
