/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/layer_index.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"

#define MAGIC "ctrdelta"
#define INDEX_VERSION 1
#define BUFFER_SIZE ((size_t)64 << 10)

/*
 * The kernel's clock for ctime ticks at 100 Hz at least; a file system with whole seconds shows it
 * by zeros.
 */
#define TICK_NS 20000000L
#define COARSE_SECONDS 2

struct header {
	char magic[8];
	uint32_t version, deltas;
	uint64_t count, table, size; /* of records; offset of the table; of the whole file */
	uint64_t base, full_size, delta_size;
	char image[80];
};

/* Followed by the path with a NUL; padded to 8 bytes. */
struct record {
	uint64_t inode, size, device;
	int64_t ctime_s, mtime_s;
	uint32_t ctime_ns, mtime_ns, mode, uid, gid, links;
	uint16_t path_length;
	uint8_t kind, racy;
	char path[];
};

struct layer_index {
	struct layer_index_info info;
	const struct header *header; /* mapped */
	const uint64_t *offsets;
	size_t size;
};

/* Not sizeof: the path begins in what would be padding. */
#define RECORD_SIZE offsetof(struct record, path)

static const struct record *record_at(const struct layer_index *index, size_t number)
{
	return (const struct record *)((const char *)index->header + index->offsets[number]);
}

/* Reading ------------------------------------------------------------------------------------ */

static bool is_whole(const struct layer_index *index)
{
	const struct header *header = index->header;

	if (index->size < sizeof(*header) || memcmp(header->magic, MAGIC, sizeof(header->magic)) ||
	    header->version != INDEX_VERSION || header->size != index->size ||
	    header->table > index->size || header->table % sizeof(uint64_t) ||
	    header->count != (index->size - header->table) / sizeof(uint64_t) ||
	    !memchr(header->image, '\0', sizeof(header->image)))
		return false;
	for (size_t i = 0; i < header->count; i++) {
		uint64_t offset = index->offsets[i], room;
		const struct record *record;

		if (offset < sizeof(*header) || offset % sizeof(uint64_t) ||
		    offset >= header->table || header->table - offset <= RECORD_SIZE)
			return false;
		room = header->table - offset - RECORD_SIZE;
		record = record_at(index, i);
		if (record->path_length >= room || record->path[record->path_length] ||
		    record->path[0] != '/' || record->kind > INDEX_DELETED)
			return false;
	}
	return true;
}

struct layer_index *layer_index_open(int dir, const char *name, struct error *err)
{
	cleanup_fd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct layer_index *index;
	struct stat status;
	void *map;

	if (fd < 0 || fstat(fd, &status) < 0) {
		fail_errno(err, "%s", name);
		return NULL;
	}
	if ((size_t)status.st_size < sizeof(struct header)) {
		fail(err, EBADMSG, "%s: is no index", name);
		return NULL;
	}
	index = calloc(1, sizeof(*index));
	map = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (!index || map == MAP_FAILED) {
		fail_errno(err, "%s: map it", name);
		free(index);
		return NULL;
	}
	index->header = map;
	index->size = (size_t)status.st_size;
	if (index->header->table <= index->size)
		index->offsets =
			(const uint64_t *)(const void *)((char *)map + index->header->table);
	if (!is_whole(index)) {
		layer_index_close(&index);
		fail(err, EBADMSG, "%s: is no index", name);
		return NULL;
	}
	index->info = (struct layer_index_info){
		.base = index->header->base,
		.full_size = index->header->full_size,
		.delta_size = index->header->delta_size,
		.deltas = index->header->deltas,
	};
	memcpy(index->info.image, index->header->image, sizeof(index->info.image));
	return index;
}

void layer_index_close(struct layer_index **index)
{
	if (!*index)
		return;
	munmap((void *)(uintptr_t)(*index)->header, (*index)->size);
	free(*index);
	*index = NULL;
}

const struct layer_index_info *layer_index_info(const struct layer_index *index)
{
	return &index->info;
}

size_t layer_index_count(const struct layer_index *index)
{
	return index->header->count;
}

struct layer_index_entry layer_index_at(const struct layer_index *index, size_t number)
{
	const struct record *record = record_at(index, number);

	return (struct layer_index_entry){
		.path = record->path,
		.kind = record->kind,
		.racy = record->racy,
		.mode = record->mode,
	};
}

ssize_t layer_index_find(const struct layer_index *index, const char *path)
{
	size_t low = 0, high = index->header->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = path_compare(record_at(index, middle)->path, path);

		if (order == 0)
			return (ssize_t)middle;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return -1;
}

bool layer_index_is_same(const struct layer_index *index, size_t number, const struct stat *status)
{
	const struct record *record = record_at(index, number);

	return record->kind != INDEX_DELETED && !record->racy && record->inode == status->st_ino &&
	       record->size == (uint64_t)status->st_size && record->device == status->st_rdev &&
	       record->ctime_s == status->st_ctim.tv_sec &&
	       record->ctime_ns == (uint32_t)status->st_ctim.tv_nsec &&
	       record->mtime_s == status->st_mtim.tv_sec &&
	       record->mtime_ns == (uint32_t)status->st_mtim.tv_nsec &&
	       record->mode == status->st_mode && record->uid == status->st_uid &&
	       record->gid == status->st_gid && record->links == status->st_nlink;
}

bool layer_index_is_racy(const struct stat *status, const struct timespec *now)
{
	const struct timespec *changed = &status->st_ctim;
	struct timespec edge = *now;

	if (!changed->tv_nsec) {
		edge.tv_sec -= COARSE_SECONDS;
	} else if (edge.tv_nsec < TICK_NS) {
		edge.tv_sec--;
		edge.tv_nsec += 1000000000L - TICK_NS;
	} else {
		edge.tv_nsec -= TICK_NS;
	}
	return changed->tv_sec > edge.tv_sec ||
	       (changed->tv_sec == edge.tv_sec && changed->tv_nsec >= edge.tv_nsec);
}

uint64_t layer_index_base(char *const *layers, size_t count)
{
	uint64_t hash = 0xcbf29ce484222325; /* FNV-1a */

	for (size_t i = 0; i < count; i++)
		for (const char *at = layers[i];; at++) {
			hash = (hash ^ (unsigned char)*at) * 0x100000001b3;
			if (!*at)
				break;
		}
	return hash;
}

/* Writing ------------------------------------------------------------------------------------ */

static int flush(struct layer_index_writer *writer, struct error *err)
{
	int result = write_all(writer->fd, writer->buffer, writer->used, err);

	writer->used = 0;
	return result;
}

static int append(struct layer_index_writer *writer, const void *data, size_t size,
		  struct error *err)
{
	if (BUFFER_SIZE - writer->used < size && flush(writer, err) < 0)
		return -1;
	if (size > BUFFER_SIZE)
		return write_all(writer->fd, data, size, err);
	memcpy(writer->buffer + writer->used, data, size);
	writer->used += size;
	return 0;
}

int layer_index_begin(struct layer_index_writer *writer, int dir, const char *name,
		      struct error *err)
{
	const struct header nothing = { .version = 0 };
	char temporary[NAME_MAX];

	*writer = (struct layer_index_writer){ .fd = -1, .dir = dir, .offset = sizeof(nothing) };
	snprintf(temporary, sizeof(temporary), "%s" LAYER_INDEX_NEW, name);
	writer->fd =
		openat(dir, temporary, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (writer->fd < 0)
		return fail_errno(err, "make %s", temporary);
	writer->buffer = malloc(BUFFER_SIZE);
	if (!writer->buffer)
		return fail(err, ENOMEM, "out of memory");
	return append(writer, &nothing, sizeof(nothing), err);
}

static int add_offset(struct layer_index_writer *writer, struct error *err)
{
	if (writer->count == writer->room) {
		size_t room = 2 * writer->room + 1024;
		uint64_t *larger = realloc(writer->offsets, room * sizeof(*larger));

		if (!larger)
			return fail(err, ENOMEM, "out of memory");
		writer->offsets = larger;
		writer->room = room;
	}
	writer->offsets[writer->count++] = writer->offset;
	return 0;
}

int layer_index_add(struct layer_index_writer *writer, const char *path, enum layer_index_kind kind,
		    bool racy, const struct stat *status, struct error *err)
{
	static const char zeros[sizeof(uint64_t)];
	struct record record = { .kind = (uint8_t)kind, .racy = racy };
	size_t length = strlen(path), whole = RECORD_SIZE + length + 1, padding;

	if (length > UINT16_MAX)
		return fail(err, ENAMETOOLONG, "a path of %zu bytes", length);
	record.path_length = (uint16_t)length;
	if (status) {
		record.inode = status->st_ino;
		record.size = (uint64_t)status->st_size;
		record.device = status->st_rdev;
		record.ctime_s = status->st_ctim.tv_sec;
		record.ctime_ns = (uint32_t)status->st_ctim.tv_nsec;
		record.mtime_s = status->st_mtim.tv_sec;
		record.mtime_ns = (uint32_t)status->st_mtim.tv_nsec;
		record.mode = status->st_mode;
		record.uid = status->st_uid;
		record.gid = status->st_gid;
		record.links = (uint32_t)status->st_nlink;
	}
	padding = -whole % sizeof(uint64_t);
	if (add_offset(writer, err) < 0 || append(writer, &record, RECORD_SIZE, err) < 0 ||
	    append(writer, path, length + 1, err) < 0 || append(writer, zeros, padding, err) < 0)
		return -1;
	writer->offset += whole + padding;
	return 0;
}

int layer_index_end(struct layer_index_writer *writer, const struct layer_index_info *info,
		    struct error *err)
{
	struct header header = {
		.version = INDEX_VERSION,
		.deltas = info->deltas,
		.count = writer->count,
		.table = writer->offset,
		.size = writer->offset + writer->count * sizeof(uint64_t),
		.base = info->base,
		.full_size = info->full_size,
		.delta_size = info->delta_size,
	};

	memcpy(header.magic, MAGIC, sizeof(header.magic));
	memcpy(header.image, info->image, sizeof(header.image));
	if ((writer->count &&
	     append(writer, writer->offsets, writer->count * sizeof(uint64_t), err) < 0) ||
	    flush(writer, err) < 0)
		return -1;
	if (pwrite(writer->fd, &header, sizeof(header), 0) != sizeof(header) ||
	    fsync(writer->fd) < 0)
		return fail_errno(err, "write the index of the layer");
	return 0;
}

int layer_index_publish(struct layer_index_writer *writer, const char *name, struct error *err)
{
	char temporary[NAME_MAX];

	snprintf(temporary, sizeof(temporary), "%s" LAYER_INDEX_NEW, name);
	if (renameat(writer->dir, temporary, writer->dir, name) < 0 || fsync(writer->dir) < 0)
		return fail_errno(err, "rename %s", temporary);
	return 0;
}

void layer_index_drop(struct layer_index_writer *writer)
{
	close_fd(&writer->fd);
	free(writer->buffer);
	free(writer->offsets);
	writer->buffer = NULL;
	writer->offsets = NULL;
	writer->count = writer->room = 0;
}
