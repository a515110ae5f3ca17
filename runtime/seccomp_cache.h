/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/blake2b.h"
#include "base/error.h"
#include "runtime/seccomp.h"

/*
 * Compiled seccomp programs in <root>/.@seccomp (no container can be called so), one file for each
 * profile, so that a start neither looks up 1300 names nor compiles.
 *
 * A file's name is a strong hash of all that decides the program: the profile, this version of ctr
 * and of libseccomp, the architecture. What is in it is only believed if folder and file are the
 * caller's own and nobody else may write to them, if it has this key, and if its digest says that
 * it is whole. Anything else is as if it was not there, so nothing is synced. At most
 * SECCOMP_CACHE_MAX are kept; one more and all the others go.
 */

#define SECCOMP_CACHE_MAX 64

struct seccomp_key {
	unsigned char bytes[BLAKE2B_SIZE];
};

void seccomp_cache_key(const struct spec_seccomp *profile, struct seccomp_key *key);

/* Sets plan, in the arena, and returns true if the program of that profile is there. */
bool seccomp_cache_find(struct arena *arena, const char *root, const struct seccomp_key *key,
			const struct spec_seccomp *profile, struct seccomp_plan *plan);

/* Adds a compiled program. root exists. What fails is only told to the developer. */
void seccomp_cache_add(const char *root, const struct seccomp_key *key,
		       const struct seccomp_plan *plan);

/* Removes all of them; `ctr prune` does. */
int seccomp_cache_clear(const char *root, struct error *err);

/* Reads what a file has; false: it is not this program, or not whole. Pure. */
bool seccomp_cache_decode(struct arena *arena, const void *bytes, size_t size,
			  const struct seccomp_key *key, struct seccomp_plan *plan);

/* The contents of a file, in the arena. Pure. */
void *seccomp_cache_encode(struct arena *arena, const struct seccomp_key *key,
			   const struct seccomp_plan *plan, size_t *size);
