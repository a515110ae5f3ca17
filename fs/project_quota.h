/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

/*
 * A limit for what is in some directories, by a project id of their own: every file made in them
 * gets it, and the file system counts by it (ext4 and xfs; quotactl(2), ioctl_xfs_fsgetxattr(2)).
 *
 * Ids are random ones of 2^30, so that they meet no id of another program's. One is free if the
 * file system neither limits it nor counts anything for it. Only root outside of user namespaces
 * may give them.
 */

/*
 * Whether the file system that path is on, or will be, enforces such limits. ENOTSUP says what
 * has to be done for that.
 */
int project_quota_check(const char *path, struct error *err);

/*
 * Chooses an id, limits it to bytes, and gives it to the empty directories of count descriptors.
 * lock: a directory that all who do this at a time lock (flock(2)). *id is set as soon as there is
 * something for project_quota_free() to undo.
 */
int project_quota_apply(int lock, const int *dirs, size_t count, uint64_t bytes, uint32_t *id,
			struct error *err);

/* Gives an id to one more empty directory. */
int project_quota_join(int dir, uint32_t id, struct error *err);

/* The id that project_quota_apply() gave to this directory; 0: it did not. */
uint32_t project_quota_id(int dir);

/* Lifts the limit: the id is free when its last file is gone. dir: any file on the file system. */
int project_quota_free(int dir, uint32_t id, struct error *err);
