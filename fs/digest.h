/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/error.h"

/* SHA-256 of a stream, through libcrypto. */

/* "sha256:" and 64 hexadecimal digits in small letters. */
struct digest {
	char text[72];
};

struct digest_state;

/* NULL when there is no memory or no SHA-256. */
struct digest_state *digest_begin(struct error *err);
void digest_add(struct digest_state *state, const void *data, size_t size);
/* Writes the digest of all that was added; the state is free after it. */
void digest_end(struct digest_state *state, struct digest *digest);
/* Frees a state that is not ended; NULL is fine. */
void digest_drop(struct digest_state **state);

#define cleanup_digest __attribute__((cleanup(digest_drop)))

/* The digest of one piece of memory. */
int digest_of(const void *data, size_t size, struct digest *digest, struct error *err);
