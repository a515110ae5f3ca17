/* SPDX-License-Identifier: Apache-2.0 */
#include "base/blake2b.h"

#include <endian.h>
#include <stdbool.h>
#include <string.h>

#define ROUNDS 12

static const uint64_t initial[8] = {
	0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
	0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

/* Which words of the block a round takes; the last two rounds repeat the first two. */
static const uint8_t order[ROUNDS][16] = {
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
	{ 11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4 },
	{ 7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8 },
	{ 9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13 },
	{ 2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9 },
	{ 12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11 },
	{ 13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10 },
	{ 6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5 },
	{ 10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0 },
	{ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 },
	{ 14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3 },
};

static inline uint64_t rotate(uint64_t value, unsigned int bits)
{
	return value >> bits | value << (64 - bits);
}

static inline void mix(uint64_t *v, size_t a, size_t b, size_t c, size_t d, uint64_t x, uint64_t y)
{
	v[a] += v[b] + x;
	v[d] = rotate(v[d] ^ v[a], 32);
	v[c] += v[d];
	v[b] = rotate(v[b] ^ v[c], 24);
	v[a] += v[b] + y;
	v[d] = rotate(v[d] ^ v[a], 16);
	v[c] += v[d];
	v[b] = rotate(v[b] ^ v[c], 63);
}

static void compress(struct blake2b *hash, bool is_last)
{
	uint64_t v[16], words[16];

	memcpy(words, hash->block, sizeof(words));
	for (size_t i = 0; i < 16; i++)
		words[i] = le64toh(words[i]);
	memcpy(v, hash->state, sizeof(hash->state));
	memcpy(v + 8, initial, sizeof(initial));
	v[12] ^= hash->length;
	if (is_last)
		v[14] = ~v[14];
	for (size_t i = 0; i < ROUNDS; i++) {
		const uint8_t *o = order[i];

		mix(v, 0, 4, 8, 12, words[o[0]], words[o[1]]);
		mix(v, 1, 5, 9, 13, words[o[2]], words[o[3]]);
		mix(v, 2, 6, 10, 14, words[o[4]], words[o[5]]);
		mix(v, 3, 7, 11, 15, words[o[6]], words[o[7]]);
		mix(v, 0, 5, 10, 15, words[o[8]], words[o[9]]);
		mix(v, 1, 6, 11, 12, words[o[10]], words[o[11]]);
		mix(v, 2, 7, 8, 13, words[o[12]], words[o[13]]);
		mix(v, 3, 4, 9, 14, words[o[14]], words[o[15]]);
	}
	for (size_t i = 0; i < 8; i++)
		hash->state[i] ^= v[i] ^ v[i + 8];
}

void blake2b_begin(struct blake2b *hash)
{
	*hash = (struct blake2b){ .length = 0 };
	memcpy(hash->state, initial, sizeof(initial));
	/* the parameters: size of the digest, no key, one leaf */
	hash->state[0] ^= 0x01010000 ^ BLAKE2B_SIZE;
}

void blake2b_add(struct blake2b *hash, const void *bytes, size_t size)
{
	const unsigned char *next = bytes;

	while (size > 0) {
		size_t part = sizeof(hash->block) - hash->used;

		/* a full block waits until it is known not to be the last */
		if (part == 0) {
			hash->length += sizeof(hash->block);
			compress(hash, false);
			hash->used = 0;
			continue;
		}
		part = size < part ? size : part;
		memcpy(hash->block + hash->used, next, part);
		hash->used += part;
		next += part;
		size -= part;
	}
}

void blake2b_end(struct blake2b *hash, unsigned char digest[BLAKE2B_SIZE])
{
	memset(hash->block + hash->used, 0, sizeof(hash->block) - hash->used);
	hash->length += hash->used;
	compress(hash, true);
	for (size_t i = 0; i < BLAKE2B_SIZE / 8; i++) {
		uint64_t word = htole64(hash->state[i]);

		memcpy(digest + 8 * i, &word, sizeof(word));
	}
}
