/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "fs/compress.h"
#include "fs/pax_records.h"

/*
 * Writes tar archives: ustar headers, with a pax header (POSIX.1-2001, pax(1)) before those whose
 * values do not fit: long names, nanoseconds, large numbers; SCHILY.xattr.NAME for extended
 * attributes, as star and all since have it, and GNU tar's sparse format 1.0 for holes. Names are
 * bytes and are stored as they are. Nothing depends on the time, the user or the machine.
 */
struct tar_writer {
	struct compressor *out;
	/* private */
	uint64_t left;	/* of the present entry's content */
	size_t padding; /* behind it */
	struct pax_records pax;
};

/* A stretch of a file that is data; what is between them is holes. */
struct tar_part {
	off_t begin, size;
};

struct tar_entry {
	const char *path; /* relative; of a directory with a slash at its end */
	mode_t mode;	  /* with its type */
	uint32_t uid, gid;
	struct timespec mtime;
	dev_t device;	  /* of devices */
	const char *link; /* where a symbolic link leads, or the first name of the file */
	bool hard_link;	  /* link is a name in the archive */
	uint64_t size;	  /* of a regular file with content */
	const struct tar_part *parts; /* of one with holes: what is data, in order; NULL: all is */
	size_t part_count;
	const struct xattrs *xattrs; /* may be NULL */
};

/*
 * Begins an entry. Its content follows, all of its size, or of its parts; what is missing when the
 * next one begins is filled up with zeros.
 */
int tar_begin(struct tar_writer *tar, const struct tar_entry *entry, struct error *err);
/* Where the next bytes of the content may be put, *size of them, 0 at its end; NULL on failure. */
void *tar_room(struct tar_writer *tar, size_t *size, struct error *err);
/* Says that so many were put there. */
void tar_put(struct tar_writer *tar, size_t size);
/* Fills up so many bytes of the content with zeros. */
int tar_zeros(struct tar_writer *tar, uint64_t size, struct error *err);
/* Writes the archive's end. */
int tar_end(struct tar_writer *tar, struct error *err);
void tar_free(struct tar_writer *tar);
