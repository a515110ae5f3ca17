/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * Whole files, relative to a directory descriptor (AT_FDCWD: the working directory).
 * Messages name the path as given.
 */

/*
 * Reads a regular file, or a file of procfs, sysfs or cgroupfs, of at most limit bytes into the
 * arena, with a NUL behind its end. A FIFO, directory, socket or device is refused (EINVAL)
 * without blocking on it; a longer file is refused with EFBIG. *size may be NULL.
 */
int file_read_at(int dirfd, const char *path, size_t limit, struct arena *arena, char **text,
		 size_t *size, struct error *err);

/* The same from an open descriptor, which stays the caller's; name is for messages. */
int file_read_fd(int fd, const char *name, size_t limit, struct arena *arena, char **text,
		 size_t *size, struct error *err);

/* The same from whatever the user pointed at, a pipe or a terminal too, until its end. */
int file_read_stream(int fd, const char *name, size_t limit, struct arena *arena, char **text,
		     size_t *size, struct error *err);

/*
 * Reads a short kernel file (at most size - 1 bytes) into buffer, ends it with a NUL and cuts
 * its final newline. Allocates nothing. Returns its length.
 */
ssize_t file_read_short_at(int dirfd, const char *path, char *buffer, size_t size,
			   struct error *err);

/* Writes text in one write(2) to a file that exists (a kernel file): no creation, no truncation. */
int file_write_at(int dirfd, const char *path, const char *text, struct error *err);

/*
 * Replaces file name below dirfd by one of these contents: a temporary file beside it, renamed.
 * durable: fsync of the file before and of the directory after the rename, so that after a power
 * cut there is the old file or the new one; otherwise only readers are protected from halves.
 */
int file_replace_at(int dirfd, const char *name, const void *data, size_t size, mode_t mode,
		    bool durable, struct error *err);

/*
 * The first step of it: creates the temporary file, whose name goes into temporary (room bytes).
 * Returns its descriptor, the caller's. To write it, and to rename it to name or remove it, is the
 * caller's part.
 */
int file_begin_at(int dirfd, const char *name, mode_t mode, char *temporary, size_t room,
		  struct error *err);

/* Whether name is a temporary one of file_replace_at(), which a killed process may leave. */
bool file_is_replacement(const char *name);

/* fsync of the directory that name below dirfd is in: what was made, renamed or removed there. */
int file_sync_parent_at(int dirfd, const char *name, struct error *err);

/* Writes all of data; continues after short writes and interruptions. */
int write_all(int fd, const void *data, size_t size, struct error *err);

/*
 * Removes path below dirfd and, if it is a directory, everything below it. Follows no symbolic
 * link and crosses no mount point (EBUSY). What is not there is no error.
 */
int remove_tree_at(int dirfd, const char *path, struct error *err);
