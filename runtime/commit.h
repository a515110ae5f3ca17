/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "fs/compress.h"
#include "runtime/settings.h"

/*
 * `commit`: an image of a container's present root. The container is frozen while its writable
 * layer is read and thawed whatever happens, even to ctr: a guard process of ctr's thaws it when
 * ctr is killed. The store has the new image in whole or not at all.
 *
 * Linked into ctr-image only: it needs the libraries for archives, compression and digests.
 */
struct commit_request {
	const char *id;	  /* the container */
	const char *name; /* of the image, NAME[:TAG] */
	enum compression compression;
	const char *message, *author; /* may be NULL */
};

struct commit_result {
	char name[512];	     /* with its tag */
	char digest[80];     /* of the manifest */
	uint64_t layer_size; /* bytes of the new layer as stored */
	uint64_t size;	     /* of all layers */
	bool frozen;	     /* it was running, and was frozen for this */
	int64_t frozen_microseconds;
};

int container_commit(const struct settings *settings, const struct commit_request *request,
		     struct commit_result *result, struct error *err);
