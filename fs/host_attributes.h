/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <sys/stat.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/host_journal.h"
#include "fs/xattrs.h"

/* What a journal remembers of a directory: mode, owner, time, extended attributes. */

/* Without extended attributes. */
struct journal_attributes host_attributes_of(const struct stat *status);

void host_attributes_add(struct arena *arena, struct journal_attributes *attributes,
			 const struct xattrs *xattrs);

/* Adds those of name in dir, without the marks of overlayfs. */
int host_attributes_read(struct arena *arena, struct journal_attributes *attributes, int dir,
			 const char *name, struct error *err);

/* Gives an open directory mode, owner and extended attributes; those that it has besides go. */
int host_attributes_set(int fd, const struct journal_attributes *attributes, struct error *err);

/* Whether an open directory has this mode and owner and these extended attributes. 1, 0 or -1. */
int host_attributes_match(int fd, const struct journal_attributes *attributes, struct error *err);

/* Gives it the time of modification. */
int host_attributes_set_time(int fd, const struct journal_attributes *attributes,
			     struct error *err);
