/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"
#include "specs/image_document.h"

/*
 * The store: an OCI image layout (image-spec, image-layout.md) in <data>/store, which other tools
 * read as it is, and <data>/layers/<hex of diff-id>/, the unpacked layers that containers share.
 *
 * An image has a name if the store's index.json has a descriptor of its manifest with the
 * annotation org.opencontainers.image.ref.name = NAME:TAG. Replacing index.json is the only
 * commit point: blobs are durable before, and what no manifest of the index leads to is rubbish.
 *
 * Locks, all flock(2), taken in this order; readers of index.json need none:
 *  - the blobs' lock, on <data>/store/blobs/sha256: shared from before a new blob gets its name
 *    until the index leads to it, exclusive while pruning;
 *  - the writers' lock, on <data>/store: held while index.json or oci-layout is replaced and while
 *    pruning;
 *  - the layers' lock, on <data>/layers: shared while a container is set up from layers that it
 *    has not recorded yet, exclusive while pruning.
 * A temporary file or folder is locked by whoever makes it; one that nobody holds is rubbish
 * from a crash, and the next prune removes it.
 *
 * This file needs no library for digests or compression, so that ctr itself reads images.
 */

/*
 * An image committed from a container whose lower layers do not come from the store records them
 * under this key, as a JSON list of absolute directories, topmost first: in its manifest, and in
 * the index's descriptor of it. Only the latter is believed: the index is written by us alone,
 * while a manifest may come from anywhere, and a foreign one could name "/".
 */
#define ANNOTATION_LOWER "io.ctr.lower"
#define ANNOTATION_REF_NAME "org.opencontainers.image.ref.name"

struct store {
	int data;   /* the data root */
	int root;   /* <data>/store */
	int blobs;  /* <data>/store/blobs/sha256 */
	int layers; /* <data>/layers */
	char *path; /* of <data>/layers, absolute; part of the arena */
};

/* Opens the store below data_root and makes what is missing of it (0700). */
int store_open(struct store *store, const char *data_root, struct arena *arena, struct error *err);
void store_close(struct store *store);

#define cleanup_store __attribute__((cleanup(store_close)))
/* What is not open yet: store_close() accepts it. */
#define STORE_NONE                                                                                 \
	{                                                                                          \
		.data = -1, .root = -1, .blobs = -1, .layers = -1                                  \
	}

/*
 * Take a lock, waiting for it, by a descriptor of its own. Return it; closing it (all copies of
 * it) releases the lock, so it may be handed to a child.
 */
int store_lock_blobs(const struct store *store, bool exclusive, struct error *err);
int store_lock_writers(const struct store *store, struct error *err);
int store_lock_layers(const struct store *store, bool exclusive, struct error *err);

/* One image of the index. */
struct image {
	char *name;			/* NAME:TAG */
	struct image_descriptor *entry; /* in the index; entry->digest is the image's digest */
	struct image_manifest manifest;
	struct image_config config;
	uint64_t size; /* of its layers as stored, bytes */
	bool broken;   /* in a list: manifest and config could not be read */
};

/*
 * Finds an image by NAME[:TAG], by NAME@sha256:HEX, by sha256:HEX, or by a prefix of the digest's
 * HEX of at least 4 digits that only one image has. Names win over a prefix; of those that fit a
 * short name (image_name_fit()) the best one is meant. ENOENT: no such image; ENOTUNIQ: several
 * registries' images fit a short name equally well.
 */
int store_find(const struct store *store, const char *name, struct arena *arena,
	       struct image *image, struct error *err);

/* The same without reading it: image has its entry and name alone. For what removes broken ones. */
int store_find_entry(const struct store *store, const char *name, struct arena *arena,
		     struct image *image, struct error *err);

/*
 * Reads all images, sorted by name. One whose blobs are missing or bad has no manifest layers and
 * an empty config: list goes on, for the user must see it to remove it.
 */
int store_list(const struct store *store, struct arena *arena, struct image **images, size_t *count,
	       struct error *err);

/*
 * Names the manifest that descriptor leads to: replaces index.json durably, under the writers'
 * lock, with name moved to it. The descriptor's annotations are kept, except the name.
 */
int store_tag(const struct store *store, const char *name,
	      const struct image_descriptor *descriptor, struct error *err);

/*
 * A name and what it is to lead to; without a descriptor it is taken away. An image that has no
 * name, as archives may have, is called by its digest: the index then has an entry without a name.
 */
struct store_name {
	const char *name;
	const struct image_descriptor *descriptor;
};

/*
 * store_tag() of several names in one replacement of index.json: after a crash all of them are
 * there or none is. EINVAL if a name is there twice; ENOENT if one that is to be taken away is not
 * there, and nothing is changed.
 */
int store_tag_all(const struct store *store, const struct store_name *names, size_t count,
		  struct error *err);

/* Takes the name from its image; the blobs stay until prune. ENOENT: no such image. */
int store_untag(const struct store *store, const char *name, struct error *err);

/*
 * The directories to stack for a container of image, topmost first, absolute: its unpacked
 * layers, then the recorded lower directories. missing counts the layers that are not unpacked
 * yet (image_unpack() does, in ctr-image). The caller holds the layers' lock, shared, until the
 * container has recorded what it uses.
 */
int store_lowers(const struct store *store, const struct image *image, struct arena *arena,
		 struct string_list *lowers, size_t *missing, struct error *err);

/* Opens the blob of that digest for reading; ENOENT, or EBADMSG if digest is not one. */
int store_open_blob(const struct store *store, const char *digest, struct error *err);

struct store_pruned {
	size_t blobs, layers, temporary; /* how many were removed */
	uint64_t bytes;			 /* of the blobs */
};

/*
 * What containers use and prune leaves: their lower directories, and the digests of the images
 * that they are from, which a commit of them needs. find is called when all locks are held, since
 * a container that is set up in the meantime would be missing in a list that was made before.
 */
struct store_keep {
	int (*find)(void *context, struct string_list *list, struct error *err);
	void *context;
};

/*
 * Removes blobs that no image of the index leads to, unpacked layers that no image has and that
 * are not kept (keep may be NULL), and what crashes have left.
 * Waits for commits and for containers that are being set up.
 */
int store_prune(const struct store *store, const struct store_keep *keep,
		struct store_pruned *pruned, struct error *err);
