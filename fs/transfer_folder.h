/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/image_blobs.h"
#include "fs/temporary.h"

/*
 * An OCI layout for another program to read or to write in, as a temporary folder of the store's.
 * Blobs of the store are in it as hard links: what is there need not come once more, and what goes
 * wrong leaves the store as it is. prune leaves it for as long as it is open.
 */
struct transfer_folder {
	const struct store *store;
	int fd;
	char name[TEMPORARY_SIZE];
	char *path; /* absolute */
};

#define TRANSFER_FOLDER_NONE                                                                       \
	{                                                                                          \
		.fd = -1                                                                           \
	}

/* Makes it, with all blobs of the store (images NULL) or those of images. */
int transfer_folder_open(struct transfer_folder *folder, const struct store *store,
			 const struct image_blobs *images, struct arena *arena, struct error *err);
/* Makes the layout's documents, with the descriptor as its only image, without a name. */
int transfer_folder_describe(const struct transfer_folder *folder,
			     const struct image_descriptor *descriptor, struct arena *arena,
			     struct error *err);
/* Removes it; twice is once. */
void transfer_folder_close(struct transfer_folder *folder);

#define cleanup_transfer_folder __attribute__((cleanup(transfer_folder_close)))
