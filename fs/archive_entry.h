/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "fs/archive.h"
#include "fs/inode_map.h"
#include "fs/tar_writer.h"

/* The parts of an archive on its way out. For fs/archive*.c only. */
struct archive_stream {
	const struct archive_options *options;
	struct archive_result *result;
	bool is_layer; /* names that start with .wh. are marks */
	struct compressor *compressor;
	struct tar_writer tar;
	struct inode_map links; /* files with several names, by inode */
	struct arena arena;	/* their first names */
	char *name;		/* of the present entry */
	size_t name_room;
	struct tar_part *parts; /* of the present file */
	size_t part_room;
};

/* Archives one thing, of whatever kind it is. */
int archive_entry_write(struct archive_stream *stream, const struct diff_entry *from,
			struct error *err);

/* Sets entry's parts if the file has holes. status is the file's present one. */
int archive_content_parts(struct archive_stream *stream, int fd, const struct stat *status,
			  struct tar_entry *entry, struct error *err);

/* Writes the content of what was begun with entry. */
int archive_content_write(struct archive_stream *stream, int fd, const struct tar_entry *entry,
			  struct error *err);
