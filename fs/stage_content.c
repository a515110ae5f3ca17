/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs/stage_work.h"

/* What is compared at once; a difference is written in whole blocks. */
#define BLOCK ((size_t)4096)

/* The work on one piece. */
struct reading {
	struct stage *stage;
	struct stage_piece *piece;
	int source, existing, into;
	struct stage_worker *worker;
};

int stage_no_space(struct error *err, const char *path)
{
	return fail(
		err, ENOSPC,
		"stage: %s: no space left for the copy of the writable layer that a commit of a "
		"running container makes",
		path);
}

static int write_at(int fd, const char *data, size_t size, off_t at, struct error *err)
{
	while (size) {
		ssize_t written = pwrite(fd, data, size, at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0 && (errno == ENOSPC || errno == EDQUOT))
			return stage_no_space(err, "a file");
		if (written < 0)
			return fail_errno(err, "stage: write");
		data += written;
		size -= (size_t)written;
		at += written;
	}
	return 0;
}

/* Reads up to size bytes; less is the end of the file. */
static ssize_t read_at(int fd, char *buffer, size_t size, off_t at, struct error *err)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = pread(fd, buffer + used, size - used, at + (off_t)used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return fail_errno(err, "stage: read");
		if (got == 0)
			break;
		used += (size_t)got;
	}
	return (ssize_t)used;
}

static int make_hole(int fd, off_t at, off_t size, char *zeros, struct error *err)
{
	if (fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, size) == 0)
		return 0;
	if (errno != EOPNOTSUPP && errno != ENOSYS)
		return fail_errno(err, "stage: make a hole");
	memset(zeros, 0, STAGE_BUFFER);
	while (size) {
		size_t part = size < (off_t)STAGE_BUFFER ? (size_t)size : STAGE_BUFFER;

		if (write_at(fd, zeros, part, at, err) < 0)
			return -1;
		at += (off_t)part;
		size -= (off_t)part;
	}
	return 0;
}

/* Patches ------------------------------------------------------------------------------------ */

static int keep(struct reading *reading, const char *data, size_t size, off_t at, struct error *err)
{
	struct stage_piece *piece = reading->piece;
	struct stage_patch *patch;

	/* the file is to be read once more then, into the stage */
	if (data && atomic_fetch_add(&reading->stage->memory, size) + size > STAGE_MOST_MEMORY) {
		atomic_fetch_sub(&reading->stage->memory, size);
		atomic_store(&piece->update->direct, true);
		return 0;
	}
	if (piece->count == piece->room) {
		size_t room = piece->room ? 2 * piece->room : 4;
		struct stage_patch *patches =
			realloc(piece->patches, room * sizeof(*piece->patches));

		if (!patches)
			return fail(err, ENOMEM, "stage: out of memory");
		piece->patches = patches;
		piece->room = room;
	}
	patch = &piece->patches[piece->count];
	*patch = (struct stage_patch){ .at = at, .size = size };
	if (data) {
		patch->data = malloc(size);
		if (!patch->data)
			return fail(err, ENOMEM, "stage: out of memory");
		memcpy(patch->data, data, size);
	}
	piece->count++;
	return 0;
}

int stage_piece_write(const struct stage_piece *piece, int into, struct stage_worker *worker,
		      struct error *err)
{
	for (size_t i = 0; i < piece->count; i++) {
		const struct stage_patch *patch = &piece->patches[i];

		if (patch->data ? write_at(into, patch->data, patch->size, patch->at, err) < 0
				: make_hole(into, patch->at, (off_t)patch->size, worker->buffer,
					    err) < 0)
			return -1;
	}
	return 0;
}

void stage_piece_free(struct stage_piece *piece)
{
	for (size_t i = 0; i < piece->count; i++)
		free(piece->patches[i].data);
	free(piece->patches);
}

/* Reading ------------------------------------------------------------------------------------ */

static int give(struct reading *reading, const char *data, size_t size, off_t at, struct error *err)
{
	if (reading->into < 0)
		return keep(reading, data, size, at, err);
	return write_at(reading->into, data, size, at, err);
}

static int give_hole(struct reading *reading, off_t at, off_t size, struct error *err)
{
	if (reading->existing < 0)
		return 0; /* what is not written is one */
	if (reading->into < 0)
		return keep(reading, NULL, (size_t)size, at, err);
	return make_hole(reading->into, at, size, reading->worker->buffer, err);
}

/* Gives the blocks in which the two buffers differ; of the second one only had bytes are there. */
static int give_differences(struct reading *reading, size_t size, size_t had, off_t at,
			    struct error *err)
{
	const char *data = reading->worker->buffer, *other = reading->worker->other;
	size_t begin = 0, end = 0;

	for (size_t i = 0; i < size; i += BLOCK) {
		size_t part = size - i < BLOCK ? size - i : BLOCK;

		if (i + part <= had && !memcmp(data + i, other + i, part))
			continue;
		if (end != i) {
			if (end > begin &&
			    give(reading, data + begin, end - begin, at + (off_t)begin, err) < 0)
				return -1;
			begin = i;
		}
		end = i + part;
	}
	return end > begin ? give(reading, data + begin, end - begin, at + (off_t)begin, err) : 0;
}

/* By the kernel alone, where it can. Returns 1 if it cannot, and *at is how far it came. */
static int copy_range(struct reading *reading, off_t *at, off_t end, struct error *err)
{
	while (*at < end) {
		off_t to = *at;
		ssize_t copied = copy_file_range(reading->source, at, reading->into, &to,
						 (size_t)(end - *at), 0);

		if (copied < 0 && errno == EINTR)
			continue;
		if (copied < 0 && (errno == ENOSPC || errno == EDQUOT))
			return stage_no_space(err, "a file");
		if (copied <= 0)
			return 1; /* not between these file systems; or the end: reading tells */
	}
	return 0;
}

static int read_data(struct reading *reading, off_t at, off_t end, struct error *err)
{
	if (reading->into >= 0 && reading->existing < 0) {
		int result = copy_range(reading, &at, end, err);

		if (result <= 0)
			return result;
	}
	while (at < end && (reading->into >= 0 || !reading->piece->update->direct)) {
		size_t size = end - at < (off_t)STAGE_BUFFER ? (size_t)(end - at) : STAGE_BUFFER;
		ssize_t got = read_at(reading->source, reading->worker->buffer, size, at, err);
		ssize_t had = 0;

		if (got > 0 && reading->existing >= 0)
			had = read_at(reading->existing, reading->worker->other, (size_t)got, at,
				      err);
		if (got < 0 || had < 0)
			return -1;
		if (reading->existing >= 0
			    ? give_differences(reading, (size_t)got, (size_t)had, at, err) < 0
			    : got && give(reading, reading->worker->buffer, (size_t)got, at, err) <
					      0)
			return -1;
		if ((size_t)got < size)
			break; /* it became shorter: its ctime tells */
		at += got;
	}
	return 0;
}

int stage_piece_read(struct stage *stage, struct stage_piece *piece, int source, int existing,
		     int into, struct stage_worker *worker, struct error *err)
{
	struct reading reading = {
		.stage = stage,
		.piece = piece,
		.source = source,
		.existing = existing,
		.into = into,
		.worker = worker,
	};
	off_t at = piece->begin;

	while (at < piece->end) {
		off_t data = lseek(source, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO)
			data = piece->end;
		else if (data < 0)
			data = at; /* a file system that does not know its holes */
		if (data > piece->end)
			data = piece->end;
		if (data > at && give_hole(&reading, at, data - at, err) < 0)
			return -1;
		if (data == piece->end)
			break;
		hole = lseek(source, data, SEEK_HOLE);
		if (hole < 0 || hole > piece->end)
			hole = piece->end;
		if (hole <= data)
			break; /* it became shorter */
		if (read_data(&reading, data, hole, err) < 0)
			return -1;
		at = hole;
	}
	return 0;
}
