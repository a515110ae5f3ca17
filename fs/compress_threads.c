/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "fs/compress_ring.h"

void compressor_give_up(struct compressor *compressor, const struct error *err)
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
			compressor_give_up(compressor, &err);
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
		compressor_give_up(compressor, &err);
	return NULL;
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

int compressor_start(struct compressor *compressor, size_t workers, struct error *err)
{
	if (compressor->options.digest) {
		compressor->hash = digest_begin(err);
		if (!compressor->hash || start_thread(compressor, hash_chunks, err) < 0)
			return -1;
	}
	if (start_thread(compressor, write_chunks, err) < 0)
		return -1;
	/* where no more may be started, fewer do it too */
	for (size_t i = 0; i < workers; i++)
		if (start_thread(compressor, compress_chunks, err) < 0)
			return i ? 0 : -1;
	return 0;
}

void compressor_join(struct compressor *compressor)
{
	while (compressor->thread_count)
		pthread_join(compressor->threads[--compressor->thread_count], NULL);
}
