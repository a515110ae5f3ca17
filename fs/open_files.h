/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"

/*
 * Which files processes have open for writing, or mapped shared and writable (/proc/PID/fdinfo and
 * /proc/PID/maps).
 *
 * A file of an overlay mount is known by another inode number there than in its layer when it was
 * copied up, and by a path of a mount namespace that may be arranged in any way. So each is
 * remembered by the number that it shows and by its last name: what has either of them may be it.
 * No file is touched for this, which a file system of the processes' own could answer when it
 * likes.
 *
 * Missed are files that no process has in its table of descriptors: on the way in a message
 * (unix(7), SCM_RIGHTS), or registered with io_uring only, and those of a thread with a table of
 * its own.
 */
struct file_set {
	uint64_t *inodes, *names; /* sorted; names as hashes */
	size_t inode_count, name_count, inode_room, name_room;
};

struct open_files {
	struct file_set writable; /* open for writing, or mapped */
	struct file_set mapped;	  /* shared and writable */
	bool all;		  /* a process could not be looked at: it may have any */
};

/* Starts as { 0 }. Adds those of the processes; ones that have ended are passed over. */
int open_files_find(struct open_files *files, const pid_t *pids, size_t count, struct error *err);

/* Whether the file with that number and that last name may be one of the set. */
bool file_set_may_have(const struct file_set *set, ino_t inode, const char *name);

void open_files_free(struct open_files *files);
