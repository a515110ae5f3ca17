/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <time.h>

#include "base/error.h"
#include "fs/xattrs.h"

/*
 * The content of a pax header (pax(1), "pax Header Block"): records "LENGTH KEY=VALUE\n", whose
 * length is that of the whole record. For fs/tar_writer.c. Starts as { 0 }; used = 0 empties it.
 */
struct pax_records {
	char *text;
	size_t used, room;
};

int pax_add_text(struct pax_records *pax, const char *key, const char *value, struct error *err);
int pax_add_number(struct pax_records *pax, const char *key, uint64_t value, struct error *err);
/* "mtime": seconds since 1970 as a decimal number. */
int pax_add_time(struct pax_records *pax, const struct timespec *time, struct error *err);
/* "SCHILY.xattr.NAME"; path is what a warning names. */
int pax_add_xattrs(struct pax_records *pax, const struct xattrs *xattrs, const char *path,
		   struct error *err);
/* Bytes as they are. */
int pax_append(struct pax_records *pax, const void *data, size_t size, struct error *err);
void pax_free(struct pax_records *pax);
