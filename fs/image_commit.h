/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/archive.h"
#include "fs/store.h"

/*
 * From a container's writable layer to an image, in the order of a commit. The container may be
 * frozen from before image_commit_archive() until it returns; all the rest is done after.
 *
 *	struct image_commit commit = { .store = &store, .stack = ..., ... };
 *	image_commit_begin(&commit, err)	checks the name and the parent, opens the blob
 *	  freeze
 *	image_commit_archive(&commit, err)	reads the upper layer: archive, compression, digests
 *	  thaw
 *	image_commit_layer(&commit, err)	layer durable and named by its digest
 *	image_commit_documents(&commit, err)	config and manifest, durable
 *	image_commit_name(commits, 1, err)	the index: the commit point, of all that are given
 *	image_commit_end(&commit)		closes, removes what is temporary; after any of them
 *
 * Killed in between, the store holds the old index and rubbish that prune removes.
 */
struct image_commit {
	/* what the caller gives */
	const struct store *store;
	struct layer_stack stack;
	struct archive_options archive;
	const char *name;   /* of the new image, NAME[:TAG] */
	const char *parent; /* the image that the container is from: a name or digest, or NULL */
	/*
	 * Digest of the image of an earlier commit that the new layer is the difference from: its
	 * layers and history are then those of the new image, the rest is the parent's. NULL: none;
	 * image_commit_begin() makes it NULL if the store does not have it any more.
	 */
	const char *previous;
	/*
	 * All lower directories of the container, absolute, topmost first. Those that are not
	 * layers of the store are recorded in the image; they must be below all that are.
	 */
	const struct string_list *lowers;
	const char *message, *author; /* may be NULL */
	const char *created_by;	      /* for the history, may be NULL */
	/*
	 * What the config says of the process; args NULL: as the parent has it. From a spec:
	 * process.args as Cmd, process.env, process.cwd, process.user as "UID:GID".
	 */
	const struct string_list *command, *environment;
	const char *directory, *user;
	/* Of the config, in the words of a Dockerfile (specs/image_change.h), after all that. NULL:
	 * none */
	const struct string_list *changes;
	/* Of what is no container (fs/image_import.h): the config's; NULL: as above. */
	const struct image_execution *execution;
	const char *architecture, *os, *variant; /* NULL: the parent's, or this machine's */
	/* what it finds */
	struct arena arena;
	int lock;	 /* the blobs', shared: prune waits until image_commit_end() */
	char *full_name; /* with its tag */
	struct image parent_image;
	struct image previous_image; /* parent_image without previous */
	struct blob_writer layer;
	struct archive_result result;
	struct digest config, manifest; /* manifest is the new image's digest */
	uint64_t config_size, manifest_size;
	uint64_t size; /* of all layers of the image as stored */
};

int image_commit_begin(struct image_commit *commit, struct error *err);
int image_commit_archive(struct image_commit *commit, struct error *err);
int image_commit_layer(struct image_commit *commit, struct error *err);
/* Whether there is a layer to add: over the previous image nothing may have changed. */
bool image_commit_adds_layer(const struct image_commit *commit);
int image_commit_documents(struct image_commit *commit, struct error *err);
int image_commit_name(struct image_commit *const *commits, size_t count, struct error *err);
void image_commit_end(struct image_commit *commit);
