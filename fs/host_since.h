/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "fs/diff.h"
#include "fs/host_journal.h"

/*
 * Whether something was changed by others since a moment.
 *
 * What is known of the past is its clock: every change of a file's content, attributes or name
 * sets its time of change (ctime), which nobody can set to another value; a name that comes into a
 * directory or goes from it does so to the directory. The kernel takes it from a clock that lags
 * behind the real one by up to a tick (10 ms): changes of the first 10 ms after the moment may
 * count as before it. For the start of a container that is harmless, since its program sees those
 * changes. A clock that was set back hides changes until it has caught up.
 *
 * Our own exchanges set that time too. They are known by the file's inode and the time at which
 * they were done.
 */
struct host_known {
	const char *target; /* of the part */
	ino_t inode;
	struct timespec time;
	const struct journal_seen *seen; /* how we have left it; NULL: only its inode is known */
};

struct host_since {
	struct timespec time;
	const struct host_known *known; /* sorted by host_known_sort() */
	size_t known_count;
	const char *target; /* of the part that is looked at: only its inodes count */
};

void host_known_sort(struct host_known *known, size_t count);

/* Whether this is changed by its own time. */
bool host_is_changed(const struct host_since *since, const struct stat *status);

/*
 * Whether name in directory dir, whose status this is, or anything below it is changed. 1: yes,
 * and more than 200 directories deep counts as that; 0: no; -1.
 */
int host_is_changed_below(const struct host_since *since, int dir, const char *name,
			  const struct stat *status, struct error *err);

/*
 * Whether name in directory dir has the kind, content, mode, owner and attributes of what the
 * entry of a difference is; the times do not matter. 1, 0, or -1. For directories always 0.
 */
int host_is_equal(const struct diff_entry *entry, int dir, const char *name,
		  const struct stat *status, struct error *err);

/*
 * An entry of a difference that the host does not have: whether the host had it when the container
 * started. overlayfs notes in a file that it has copied up which one of the lower layer that was
 * (overlay.origin). If that is gone, or was renamed or changed since then, the host's file is not
 * what the container's was made from. dir is where it would be on the host.
 */
bool host_has_lost(const struct host_since *since, const struct diff_entry *entry, bool user_xattr,
		   int dir);
