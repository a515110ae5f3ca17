/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "fs/compress.h"
#include "runtime/settings.h"

/*
 * `commit`: images of the present roots of containers, one instant for all of them. Those that run
 * are copied first (fs/stage.h); then all are frozen, for what has changed since, and thawed
 * whatever happens, even to ctr: a guard process of ctr's thaws them when ctr is killed. Archives
 * are made of the copies. The store has all the new images in whole or none.
 *
 * Linked into ctr-image only: it needs the libraries for archives, compression and digests.
 */
struct commit_target {
	const char *id;	  /* the container */
	const char *name; /* of the image, NAME[:TAG] */
};

enum commit_pause {
	COMMIT_PAUSE_AUTO,   /* frozen for the last pass of the copy */
	COMMIT_PAUSE_ALWAYS, /* frozen while the layer is archived, without a copy */
	COMMIT_PAUSE_NEVER,  /* not frozen: each file is what it was at some time */
};

struct commit_request {
	const struct commit_target *targets;
	size_t count;
	enum commit_pause pause;
	enum compression compression;
	const char *message, *author; /* may be NULL */
	struct string_list changes;   /* of the config: specs/image_change.h */
	bool full; /* a whole layer, even if only changes since the last commit would do */
};

struct commit_image {
	char name[512];	     /* with its tag */
	char digest[80];     /* of the manifest */
	uint64_t layer_size; /* bytes of the new layer as stored */
	uint64_t size;	     /* of all layers */
	bool incremental;    /* the new layer is what has changed since the last commit */
};

struct commit_result {
	struct commit_image *images; /* as many as targets, in their order; in the arena */
	bool frozen;		     /* something was running, and was frozen for this */
	int64_t frozen_microseconds;
	/* of the copies: passes (the most of any), and what was looked at again while frozen */
	unsigned passes;
	uint64_t frozen_files, frozen_bytes;
};

int container_commit(const struct settings *settings, const struct commit_request *request,
		     struct arena *arena, struct commit_result *result, struct error *err);
