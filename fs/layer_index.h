/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"

/*
 * What a writable layer was when an image was committed of it: every path that the difference
 * listed (fs/diff.h), with what tells whether it is still the same file with the same content. The
 * next commit then reads only what is not.
 *
 * A file for this machine alone: a header, the records in the order of path_compare(), a table of
 * their offsets. It is mapped, so that any number of records takes no memory of ours.
 */

/* Of which image, and what the next commit wants to know of it. */
struct layer_index_info {
	char image[80];	     /* digest of its manifest */
	uint64_t base;	     /* layer_index_base() of what the container stands on */
	uint64_t full_size;  /* bytes of its last whole layer as stored */
	uint64_t delta_size; /* of all layers on top of that */
	uint32_t deltas;     /* how many these are */
};

enum layer_index_kind { INDEX_PRESENT, INDEX_DELETED };

struct layer_index_entry {
	const char *path; /* absolute; the index's */
	enum layer_index_kind kind;
	bool racy; /* it may have been changed since without another ctime */
	mode_t mode;
};

struct layer_index;

/* Opens file name below dir. ENOENT: there is none. EBADMSG: it is none. */
struct layer_index *layer_index_open(int dir, const char *name, struct error *err);
void layer_index_close(struct layer_index **index);

#define cleanup_layer_index __attribute__((cleanup(layer_index_close)))

const struct layer_index_info *layer_index_info(const struct layer_index *index);
size_t layer_index_count(const struct layer_index *index);
struct layer_index_entry layer_index_at(const struct layer_index *index, size_t number);
/* The number of the record of path; -1: there is none. May be called by several threads. */
ssize_t layer_index_find(const struct layer_index *index, const char *path);

/*
 * Whether a path is surely as it was: not racy, and inode, kind, mode, owner, size, links, ctime
 * and mtime are the same. The kernel sets ctime at every change, and nobody can set it back.
 */
bool layer_index_is_same(const struct layer_index *index, size_t number, const struct stat *status);

/*
 * Whether what is changed at time now or later may have the ctime of status all the same, the
 * clock of the file system being as coarse as it is.
 */
bool layer_index_is_racy(const struct stat *status, const struct timespec *now);

/* A number for a list of layers: another one for other layers. */
uint64_t layer_index_base(char *const *layers, size_t count);

/* Making one, below dir, under the container's lock. Starts as { .fd = -1 }. */
struct layer_index_writer {
	int fd, dir; /* dir is the caller's */
	char *buffer;
	size_t used;
	uint64_t offset; /* of the next record */
	uint64_t *offsets;
	size_t count, room;
};

#define LAYER_INDEX_NEW ".new" /* behind its name until it is published */

int layer_index_begin(struct layer_index_writer *writer, int dir, const char *name,
		      struct error *err);
/* In the order of path_compare(). status: NULL of what was deleted. */
int layer_index_add(struct layer_index_writer *writer, const char *path, enum layer_index_kind kind,
		    bool racy, const struct stat *status, struct error *err);
/* Durable, but not the index yet. */
int layer_index_end(struct layer_index_writer *writer, const struct layer_index_info *info,
		    struct error *err);
/* Makes it the index, durably. */
int layer_index_publish(struct layer_index_writer *writer, const char *name, struct error *err);
void layer_index_drop(struct layer_index_writer *writer);
