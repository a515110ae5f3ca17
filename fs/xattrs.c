/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/xattrs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

/*
 * The system calls want a path: links, FIFOs and devices have attributes too but cannot be opened
 * to ask for them. /proc/self/fd/N/NAME is below the directory that we hold.
 */
#define PATH_ROOM (NAME_ROOM + 32)
#define NAME_ROOM 256

/* Whose attributes are asked for: fd, or path if that is not NULL. */
struct subject {
	int fd;
	const char *path;
};

static ssize_t list(const struct subject *subject, char *names, size_t size)
{
	return subject->path ? llistxattr(subject->path, names, size)
			     : flistxattr(subject->fd, names, size);
}

static ssize_t get(const struct subject *subject, const char *name, void *value, size_t size)
{
	return subject->path ? lgetxattr(subject->path, name, value, size)
			     : fgetxattr(subject->fd, name, value, size);
}

static int grow(char **buffer, size_t *room, size_t needed, struct error *err)
{
	size_t larger = *room ? *room : 1024;
	char *moved;

	if (needed <= *room)
		return 0;
	while (larger < needed)
		larger *= 2;
	moved = realloc(*buffer, larger);
	if (!moved)
		return fail(err, ENOMEM, "extended attributes: out of memory");
	*buffer = moved;
	*room = larger;
	return 0;
}

static int compare(const void *one, const void *other)
{
	return strcmp(((const struct xattr *)one)->name, ((const struct xattr *)other)->name);
}

/* Returns the size of the list of names, 0 if there is none. */
static ssize_t read_list(struct xattrs *xattrs, const struct subject *subject, struct error *err)
{
	for (;;) {
		ssize_t size = list(subject, xattrs->list, xattrs->list_room);

		/* a NULL buffer of no room asks for the size needed */
		if (size == 0 || (size > 0 && (size_t)size <= xattrs->list_room))
			return size;
		if (size < 0 && (errno == ENOTSUP || errno == ENOENT || errno == ENOTDIR))
			return 0;
		if (size < 0 && errno != ERANGE)
			return fail_errno(err, "list extended attributes");
		if (grow(&xattrs->list, &xattrs->list_room,
			 size > 0 ? (size_t)size : 2 * xattrs->list_room, err) < 0)
			return -1;
	}
}

/* Appends a value to xattrs->values. Returns its size, or -1 with errno ENODATA when it is gone. */
static ssize_t read_value(struct xattrs *xattrs, const struct subject *subject, const char *name,
			  struct error *err)
{
	for (;;) {
		size_t room = xattrs->value_room - xattrs->value_used;
		ssize_t size = room ? get(subject, name, xattrs->values + xattrs->value_used, room)
				    : -1;

		if (size >= 0)
			return size;
		if (room && errno != ERANGE) {
			fail_errno(err, "read extended attribute %s", name);
			return -1;
		}
		if (grow(&xattrs->values, &xattrs->value_room, 2 * xattrs->value_room + 1, err) < 0)
			return -1;
	}
}

static int add_item(struct xattrs *xattrs, const struct subject *subject, const char *name,
		    struct error *err)
{
	ssize_t size;

	if (xattrs->count == xattrs->item_room) {
		size_t room = xattrs->item_room ? 2 * xattrs->item_room : 16;
		struct xattr *items = realloc(xattrs->items, room * sizeof(*items));

		if (!items)
			return fail(err, ENOMEM, "extended attributes: out of memory");
		xattrs->items = items;
		xattrs->item_room = room;
	}
	errno = 0;
	size = read_value(xattrs, subject, name, err);
	if (size < 0)
		return errno == ENODATA || errno == ENOENT ? 0 : -1;
	/* an offset for now: the buffer may move */
	xattrs->items[xattrs->count++] = (struct xattr){
		.name = name,
		.value = (const void *)xattrs->value_used,
		.size = (size_t)size,
	};
	xattrs->value_used += (size_t)size;
	return 0;
}

static int read_all(struct xattrs *xattrs, const struct subject *subject, struct error *err)
{
	ssize_t size;

	xattrs->count = 0;
	xattrs->value_used = 0;
	if (!xattrs->list && grow(&xattrs->list, &xattrs->list_room, 1, err) < 0)
		return -1;
	size = read_list(xattrs, subject, err);
	if (size < 0)
		return -1;
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(xattrs->list + at) + 1)
		if (add_item(xattrs, subject, xattrs->list + at, err) < 0)
			return -1;
	for (size_t i = 0; i < xattrs->count; i++)
		xattrs->items[i].value = xattrs->values + (size_t)xattrs->items[i].value;
	if (xattrs->count > 1)
		qsort(xattrs->items, xattrs->count, sizeof(*xattrs->items), compare);
	return 0;
}

int xattrs_read_at(struct xattrs *xattrs, int dirfd, const char *name, struct error *err)
{
	char path[PATH_ROOM];
	const struct subject subject = { .fd = -1, .path = path };

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", dirfd, name);
	return read_all(xattrs, &subject, err) < 0 ? fail_in(err, "%s", name) : 0;
}

int xattrs_read_fd(struct xattrs *xattrs, int fd, struct error *err)
{
	const struct subject subject = { .fd = fd };

	return read_all(xattrs, &subject, err);
}

const struct xattr *xattrs_find(const struct xattrs *xattrs, const char *name)
{
	for (size_t i = 0; i < xattrs->count; i++)
		if (!strcmp(xattrs->items[i].name, name))
			return &xattrs->items[i];
	return NULL;
}

void xattrs_drop(struct xattrs *xattrs, const char *prefix)
{
	size_t length = strlen(prefix), kept = 0;

	for (size_t i = 0; i < xattrs->count; i++)
		if (strncmp(xattrs->items[i].name, prefix, length) != 0)
			xattrs->items[kept++] = xattrs->items[i];
	xattrs->count = kept;
}

bool xattrs_equal(const struct xattrs *one, const struct xattrs *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++) {
		const struct xattr *a = &one->items[i], *b = &other->items[i];

		if (strcmp(a->name, b->name) != 0 || a->size != b->size ||
		    (a->size && memcmp(a->value, b->value, a->size) != 0))
			return false;
	}
	return true;
}

void xattrs_free(struct xattrs *xattrs)
{
	free(xattrs->items);
	free(xattrs->list);
	free(xattrs->values);
	*xattrs = (struct xattrs){ 0 };
}
