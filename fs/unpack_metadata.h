/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>

#include "base/error.h"
#include "fs/unpack.h"
#include "fs/xattrs.h"

/* Owner, mode, times and extended attributes of an entry, as they came and as they are set. */

#define UNPACK_MAX_XATTRS 256

struct unpack_metadata {
	mode_t mode; /* with the kind only for nodes */
	uid_t uid;
	gid_t gid;
	dev_t device;
	struct timespec times[2];
	struct xattr xattrs[UNPACK_MAX_XATTRS]; /* values are the caller's, or libarchive's */
	size_t xattr_count;
};

/*
 * Makes of what came what the target of a merge gets: owners, and no power where that was asked
 * for. merge NULL: nothing changes. EOVERFLOW for an owner that is not mapped there.
 */
int unpack_metadata_adapt(struct unpack_metadata *metadata, const struct unpack_merge *merge,
			  bool directory, struct error *err);
/* Sets owner and attributes of what fd is; mode and times are set later, as these change them. */
int unpack_metadata_set_owner(const struct unpack_metadata *metadata,
			      const struct unpack_options *options, int fd, struct error *err);
/*
 * Sets all of it on name in dir, which cannot be opened; link: all but the mode. In a container
 * that runs the name may be a link meanwhile, which would lead out of its root: none is followed.
 */
int unpack_metadata_set_at(const struct unpack_metadata *metadata,
			   const struct unpack_options *options, int dir, const char *name,
			   bool link, struct error *err);
