/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>

#include "fs/compress_chunk.h"

/*
 * Chunks go round a ring, and each has a number. The caller fills them, the hashing thread adds
 * them to the digest, any worker compresses the next one that none has, the writing thread hands
 * them to the sink in order. A chunk is filled again when it is hashed and written. All wait on one
 * condition: some hundred chunks a second are no load. For fs/compress*.c only.
 */
#define CHUNK_SIZE ((size_t)1 << 20)
#define MAX_WORKERS 16
/* One that is filled, one that is hashed, one that is written, and one on the way. */
#define CHUNKS_BESIDE_WORKERS 4

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

static inline struct chunk *chunk_of(struct compressor *compressor, uint64_t number)
{
	return &compressor->chunks[number % compressor->chunk_count];
}

/* Makes all threads leave; the first error is the one that is told. */
void compressor_give_up(struct compressor *compressor, const struct error *err);
/* Starts the threads, so many that compress among them. */
int compressor_start(struct compressor *compressor, size_t workers, struct error *err);
/* Waits for the end of all. */
void compressor_join(struct compressor *compressor);
