/* SPDX-License-Identifier: Apache-2.0 */
/* A file of the cache of seccomp programs: what is believed is what would be written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runtime/seccomp_cache.h"

/* Where these lie in a file. */
enum { KEY = 8, DIGEST = 56, HEADER = 88 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	cleanup_arena struct arena arena = { 0 };
	uint8_t *file = arena_alloc(&arena, size);
	struct seccomp_key key;
	struct seccomp_plan plan;
	struct blake2b hash;
	size_t again;

	memcpy(file, data, size);
	if (seccomp_cache_decode(&arena, file, size, &(struct seccomp_key){ { 0 } }, &plan) ||
	    size < HEADER)
		return 0;
	/* what no fuzzer would find */
	memcpy(file, "ctr-bpf1", KEY);
	memcpy(key.bytes, file + KEY, sizeof(key.bytes));
	blake2b_begin(&hash);
	blake2b_add(&hash, file, DIGEST);
	blake2b_add(&hash, file + HEADER, size - HEADER);
	blake2b_end(&hash, file + DIGEST);
	if (seccomp_cache_decode(&arena, file, size, &key, &plan) &&
	    (memcmp(seccomp_cache_encode(&arena, &key, &plan, &again), file, size) != 0 ||
	     again != size))
		abort();
	return 0;
}
