/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * BLAKE2b with digests of 32 bytes and without a key (RFC 7693): a strong hash for what the start
 * path needs one for, where no library is at hand.
 */

#define BLAKE2B_SIZE 32

struct blake2b {
	uint64_t state[8];
	uint64_t length; /* of all that came before the block, in bytes */
	size_t used;	 /* of the block */
	unsigned char block[128];
};

void blake2b_begin(struct blake2b *hash);
void blake2b_add(struct blake2b *hash, const void *bytes, size_t size);
void blake2b_end(struct blake2b *hash, unsigned char digest[BLAKE2B_SIZE]);
