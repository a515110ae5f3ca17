/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "fs/digest.h"

/*
 * Whether a layer is what its digests say: the blob is read once, digested, uncompressed, digested
 * again, and each entry of the archive compared with the unpacked directory while it passes, the
 * contents of files too. So an unpacked layer is proven against the diff-id itself; there is no
 * list of ours beside it that could be damaged or out of date.
 */
struct layer_check {
	const char *digest;  /* the blob must have it; NULL: any */
	const char *diff_id; /* the archive must; NULL: any, and it may be no archive at all */
	int tree;	     /* the unpacked layer; -1: there is none */
	bool keep_owner;     /* it was unpacked with owners */
	/* the answers; an empty text: nothing is wrong */
	char blob_wrong[256], archive_wrong[256], tree_wrong[512];
	uint64_t tree_count;  /* differences in the tree */
	uint64_t size, bytes; /* of the blob, of the archive */
};

/* fd reads the blob from its start. -1 is about this machine, not about the layer. */
int layer_check(int fd, struct layer_check *check, struct error *err);
