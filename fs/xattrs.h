/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * The extended attributes of one file, sorted by name. A buffer to use again and again: it grows
 * to the largest set that it met. Starts as { 0 }, ends with xattrs_free().
 */
struct xattrs {
	struct xattr {
		const char *name;
		const void *value;
		size_t size;
	} * items;
	size_t count;
	/* private */
	size_t item_room, list_room, value_room, value_used;
	char *list, *values;
};

/*
 * Reads the attributes of name below dirfd without following a link ("." is dirfd itself). A file
 * system without attributes has none, and so has a file that is not there. Uses /proc.
 */
int xattrs_read_at(struct xattrs *xattrs, int dirfd, const char *name, struct error *err);

/* The same of an open file. */
int xattrs_read_fd(struct xattrs *xattrs, int fd, struct error *err);

/* Returns the attribute of that name, or NULL. */
const struct xattr *xattrs_find(const struct xattrs *xattrs, const char *name);

/* Drops all whose name starts with prefix. */
void xattrs_drop(struct xattrs *xattrs, const char *prefix);

bool xattrs_equal(const struct xattrs *one, const struct xattrs *other);

void xattrs_free(struct xattrs *xattrs);

#define cleanup_xattrs __attribute__((cleanup(xattrs_free)))
