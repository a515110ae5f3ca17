/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/progress.h"
#include "fs/blob.h"
#include "fs/compress.h"

/*
 * What comes into the store from outside, file by file in whatever order, in one pass: each file
 * becomes a temporary blob beside the others of the store while its digests are taken, both of its
 * bytes and of what they are when decompressed (the diff_id, should it be a layer). Which of them
 * are wanted is known when all have come; those get their names, the rest is removed by
 * intake_end(), as all of it is after an error.
 *
 * What comes is hostile: names are relative and without "..", none comes twice, a file that is
 * named for a digest (blobs/sha256/HEX) has it, links stay inside, and there are limits.
 *
 * The caller holds the blobs' lock, shared: temporary files are not locked one by one, for there
 * may be thousands.
 */

#define INTAKE_MAX_FILES ((size_t)1 << 16)
/* Of all files together. A file that is decompressed has the limits of fs/unpack.h. */
#define INTAKE_MAX_BYTES ((uint64_t)256 << 30)
#define INTAKE_MAX_PATH ((size_t)4096)
/* Of all documents that are read, one that is read twice counted so. */
#define INTAKE_MAX_DOCUMENTS ((uint64_t)128 << 20)
/* Where the blobs of an image layout are. */
#define INTAKE_BLOBS "blobs/sha256/"

struct intake_file {
	char *path;
	char *target;		 /* of a link: the path that it leads to; NULL: a file */
	struct blob_writer blob; /* ended: its digest and size, and where it is */
	struct digest diff_id;	 /* of the decompressed content */
	char *broken;		 /* why it could not be decompressed; NULL: it could */
	enum compression compression;
	bool wanted;
};

struct intake {
	const struct store *store;
	struct arena *arena;
	struct progress *progress; /* may be NULL */
	/*
	 * Asked for a path that has not come yet, for sources that can be read in any order: takes
	 * it in, if it has it. NULL: what has not come is not there.
	 */
	int (*fetch)(struct intake *intake, const char *path, struct error *err);
	int folder; /* for fetch; not the intake's to close */
	bool adopt; /* files of folder may become those of the store, being nobody else's */
	/* private */
	struct intake_file **files; /* sorted by path */
	size_t count, room;
	uint64_t bytes, documents;
};

/* Takes the next file in; source gives its content until the end. */
int intake_add(struct intake *intake, const char *path, decompress_source *source, void *context,
	       struct error *err);

/*
 * The same for a file of the intake's folder that becomes the blob itself, without being copied:
 * source reads it once, and it is moved away.
 */
int intake_adopt(struct intake *intake, const char *path, decompress_source *source, void *context,
		 struct error *err);

/*
 * A link of the archive: hard ones name their target from the top of it, symbolic ones from their
 * own folder on.
 */
int intake_add_link(struct intake *intake, const char *path, const char *target, bool symbolic,
		    struct error *err);

/*
 * Finds a file, through links. Returns 1 and sets *file, 0 if there is none, -1 on errors of fetch
 * and of links.
 */
int intake_find(struct intake *intake, const char *path, struct intake_file **file,
		struct error *err);

/* The same, ENOENT if there is none. */
int intake_need(struct intake *intake, const char *path, struct intake_file **file,
		struct error *err);

/* The file of a blob by its digest: as intake_find(). */
int intake_find_blob(struct intake *intake, const char *digest, struct intake_file **file,
		     struct error *err);

/* Reads a file that is a document, of at most IMAGE_DOCUMENT_MAX_SIZE, into arena. */
int intake_read(struct intake *intake, const struct intake_file *file, struct arena *arena,
		char **text, size_t *size, struct error *err);

/* Makes those that are wanted durable blobs of the store. */
int intake_publish(struct intake *intake, struct error *err);

/* Removes what is temporary. Of any state, also a zeroed one. */
void intake_end(struct intake *intake);

/* Sources: they take in what there is. ------------------------------------------------------- */

/*
 * The files and links of a tar archive, read from fd in one pass without seeking. It may be
 * compressed (gzip, zstd, and xz or bzip2 where libarchive has them), but not more than
 * INTAKE_MAX_RATIO times from INTAKE_FREE_BYTES on.
 */
int intake_tar(struct intake *intake, int fd, struct error *err);
#define INTAKE_MAX_RATIO 200
#define INTAKE_FREE_BYTES ((uint64_t)256 << 20)

/*
 * From now on the files of the folder, as they are asked for; fd stays open for as long. adopt:
 * they are regular files on the store's filesystem which nobody else will write.
 */
void intake_from_folder(struct intake *intake, int fd, bool adopt);
