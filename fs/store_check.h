/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/store.h"

/*
 * Looks at everything in the store: each blob that the index leads to is there and has its size
 * and digest, manifests and configs can be read and fit together, each layer's archive has its
 * diff-id and its unpacked form is what the archive says (fs/layer_check.h).
 */

enum store_finding_kind {
	STORE_DAMAGE,  /* something is lost or wrong */
	STORE_RUBBISH, /* nobody needs it, `prune` removes it */
	STORE_REPAIRED,
	STORE_NOTE, /* what could not be looked at */
};

struct store_finding {
	enum store_finding_kind kind;
	const char *what, *found, *advice; /* advice may be NULL */
};

struct store_check {
	const struct store *store;
	struct arena *arena;
	const struct store_keep *keep; /* what containers use; NULL: there are none */
	/*
	 * Removes damaged blobs, so that a pull brings them again, and damaged unpacked layers that
	 * no container uses and whose archive is whole, so that they are unpacked again. Waits for
	 * all who use the store.
	 */
	bool repair;
	/* the answers */
	struct store_finding *findings;
	size_t count, room;
	size_t images, blobs, layers; /* looked at */
	uint64_t bytes;		      /* of the blobs */
};

/* -1: the check itself failed; what is wrong with the store are findings. */
int store_check(struct store_check *check, struct error *err);

/* Adds a finding; the strings are kept. */
void store_check_add(struct store_check *check, enum store_finding_kind kind, const char *what,
		     const char *found, const char *advice);
size_t store_check_count(const struct store_check *check, enum store_finding_kind kind);
