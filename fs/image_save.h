/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/progress.h"
#include "fs/image_blobs.h"

/*
 * Images of the store as archives and folders that other tools read. All blobs are digested on
 * their way out: a damaged one is EBADMSG and not handed on.
 *
 * An OCI archive has a manifest.json too, as that of docker has since its version 25: it leads
 * docker's and podman's readers of docker archives to the same blobs. A docker archive has plain
 * layers, for readers that know nothing else; manifest and digest of an image are not kept by it.
 */

enum image_format { IMAGE_OCI_ARCHIVE, IMAGE_DOCKER_ARCHIVE, IMAGE_OCI_FOLDER };

#define IMAGE_SAVE_BUFFER ((size_t)256 << 10)

struct image_save {
	const struct store *store;
	struct arena *arena;
	struct progress *progress; /* may be NULL */
	/* private */
	struct image *images;
	size_t count;
	struct image_blobs blobs;
	int lock;     /* the blobs', shared: prune waits */
	char *buffer; /* of IMAGE_SAVE_BUFFER bytes */
};

/* Finds the images; one that is named twice counts once. */
int image_save_begin(struct image_save *save, char *const *names, size_t count, struct error *err);
/* Writes an archive of all of them to fd; a pipe will do. */
int image_save_archive(struct image_save *save, enum image_format format, int fd,
		       struct error *err);
/* Makes an OCI layout in an empty folder. */
int image_save_folder(struct image_save *save, int folder, struct error *err);
void image_save_end(struct image_save *save);

/* The index.json of a layout that has just these images. */
char *image_save_index(const struct image_save *save, size_t *size);

/* The part of docker archives, for image_save.c. */
int image_save_docker(struct image_save *save, int fd, struct error *err);
