/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What openssl/evp.h calls its context is only named differently for our callers. */
struct digest_state {
	EVP_MD_CTX *context;
	bool failed; /* remembered until the end: an update of SHA-256 never fails in practice */
};

struct digest_state *digest_begin(struct error *err)
{
	struct digest_state *state = calloc(1, sizeof(*state));

	if (state)
		state->context = EVP_MD_CTX_new();
	if (!state || !state->context ||
	    EVP_DigestInit_ex(state->context, EVP_sha256(), NULL) != 1) {
		digest_drop(&state);
		fail(err, ENOMEM, "libcrypto: no SHA-256");
		return NULL;
	}
	return state;
}

void digest_add(struct digest_state *state, const void *data, size_t size)
{
	if (EVP_DigestUpdate(state->context, data, size) != 1)
		state->failed = true;
}

void digest_end(struct digest_state *state, struct digest *digest)
{
	static const char hex[] = "0123456789abcdef";
	unsigned char bytes[EVP_MAX_MD_SIZE];
	unsigned int size = 0;
	char *text = stpncpy(digest->text, "sha256:", sizeof(digest->text));

	if (state->failed || EVP_DigestFinal_ex(state->context, bytes, &size) != 1)
		size = 0; /* "sha256:" alone matches nothing */
	for (unsigned int i = 0; i < size; i++) {
		*text++ = hex[bytes[i] >> 4];
		*text++ = hex[bytes[i] & 15];
	}
	*text = '\0';
	digest_drop(&state);
}

void digest_drop(struct digest_state **state)
{
	if (*state)
		EVP_MD_CTX_free((*state)->context);
	free(*state);
	*state = NULL;
}

int digest_of(const void *data, size_t size, struct digest *digest, struct error *err)
{
	struct digest_state *state = digest_begin(err);

	if (!state)
		return -1;
	digest_add(state, data, size);
	digest_end(state, digest);
	return 0;
}
