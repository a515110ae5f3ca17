/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Archives of plain files and folders with short names, as image archives are: ustar headers of
 * root's, with the time 0, so that the same images give the same bytes. fs/tar_writer.h, which is
 * for layers, copies all that passes into its compressor, and cannot have a size written
 * afterwards.
 */

/* name has at most 99 bytes. What follows is size bytes of data and tar_stream_pad(). */
int tar_stream_file(int fd, const char *name, uint64_t size, struct error *err);
int tar_stream_folder(int fd, const char *name, struct error *err);
/* Behind the data of a file of that size. */
int tar_stream_pad(int fd, uint64_t size, struct error *err);
int tar_stream_end(int fd, struct error *err);

/* All of a small file. */
int tar_stream_put(int fd, const char *name, const void *data, size_t size, struct error *err);

/* Writes the header at that offset of a regular file anew, when the size is known at last. */
int tar_stream_rewrite(int fd, off_t offset, const char *name, uint64_t size, struct error *err);
