/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "fs/archive_entry.h"

static int add_part(struct archive_stream *stream, struct tar_entry *entry, off_t begin, off_t end,
		    struct error *err)
{
	if (entry->part_count == stream->part_room) {
		size_t room = 2 * stream->part_room + 16;
		struct tar_part *parts = realloc(stream->parts, room * sizeof(*parts));

		if (!parts)
			return fail(err, ENOMEM, "archive: out of memory");
		stream->parts = parts;
		stream->part_room = room;
	}
	stream->parts[entry->part_count++] = (struct tar_part){ begin, end - begin };
	return 0;
}

int archive_content_parts(struct archive_stream *stream, int fd, const struct stat *status,
			  struct tar_entry *entry, struct error *err)
{
	off_t at = 0, size = status->st_size;

	if ((off_t)status->st_blocks * 512 >= size)
		return 0;
	while (at < size) {
		off_t data = lseek(fd, at, SEEK_DATA), hole;

		if (data < 0 || data >= size)
			break; /* ENXIO: a hole up to the end */
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0 || hole > size)
			hole = size;
		if (data >= hole)
			break;
		/* few blocks and no hole: its file system compresses */
		if (data == 0 && hole == size)
			return 0;
		if (add_part(stream, entry, data, hole, err) < 0)
			return -1;
		at = hole;
	}
	/* readers learn from the last part how large the file is */
	if (at < size && add_part(stream, entry, size, size, err) < 0)
		return -1;
	entry->parts = stream->parts;
	return 0;
}

/*
 * Reads one part to where the compressor takes it from. A file that has become shorter meanwhile
 * is filled up.
 */
static int write_part(struct archive_stream *stream, int fd, off_t begin, off_t size,
		      const char *path, struct error *err)
{
	while (size) {
		size_t room;
		void *to = tar_room(&stream->tar, &room, err);
		ssize_t got;

		if (!to)
			return -1;
		if ((off_t)room > size)
			room = (size_t)size;
		got = pread(fd, to, room, begin);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(err, "read /%s", path);
		if (got == 0)
			return tar_zeros(&stream->tar, (uint64_t)size, err);
		tar_put(&stream->tar, (size_t)got);
		begin += got;
		size -= got;
	}
	return 0;
}

int archive_content_write(struct archive_stream *stream, int fd, const struct tar_entry *entry,
			  struct error *err)
{
	if (!entry->parts)
		return write_part(stream, fd, 0, (off_t)entry->size, entry->path, err);
	for (size_t i = 0; i < entry->part_count; i++)
		if (write_part(stream, fd, entry->parts[i].begin, entry->parts[i].size, entry->path,
			       err) < 0)
			return -1;
	return 0;
}
