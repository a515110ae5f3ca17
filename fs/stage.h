/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"

/*
 * A staged copy of a writable layer, so that a running container need be frozen only for what has
 * changed since a moment ago, whatever the size of the layer:
 *
 *	struct stage *stage = stage_open(&options, err);
 *	stage_copy(stage, err)		it runs: passes over the layer while they get shorter
 *		freeze
 *	stage_settle(stage, err)	the last pass, into memory where it fits
 *		thaw
 *	stage_finish(stage, err)	what the last pass has found is written to the stage
 *	... stage_root(stage)		the layer as it was in that instant, whiteouts, marks of
 *					overlayfs and all: for archive_layer() in the place of upper
 *	stage_close(&stage)		removes it
 *
 * Equal are names, kinds, modes, owners, times of modification, extended attributes, device
 * numbers, hard links of regular files within the layer, content and holes. Not copied: times of
 * access, and the flags of chattr(1).
 *
 * What a pass takes for unchanged has the same inode, size, mode, owner, number of links and times
 * as when it was looked at, and its ctime was older then than the clock's granularity. That is a
 * proof, as each pass looks at a file first, then finds out who has it open, then copies it:
 *  - A store through a shared mapping changes ctime when it makes a page writable, and not again
 *    until that page has been written back. Files that are mapped shared and writable between look
 *    and copy are written back before they are copied (sync_file_range(2); syncfs(2) where the
 *    processes cannot be looked at), so that the next store shows. A page of any other file is not
 *    writable for anybody.
 *  - A write(2) or page fault that has begun before the look may not have ended before the copy. So
 *    a file that is open for writing or mapped between the two counts as changed, unless its ctime
 *    is more than a minute old.
 *  - File systems whose ctime does not tell of all stores (tmpfs, and those that are not known to)
 *    have their content compared in the last pass.
 */
struct stage;

/*
 * Which processes may write to the layer: *pids in the arena. Called in each pass of stage_copy();
 * one that has ended meanwhile does no harm. EACCES and EPERM: nobody tells, so any file may be
 * open.
 */
typedef int stage_processes(void *context, struct arena *arena, const pid_t **pids, size_t *count,
			    struct error *err);

/*
 * Whether the caller has the content of the regular file at path (absolute, "/etc/x", as the layer
 * has it) already: it is not copied then, and the stage has a hole of that size in its place.
 * Called by several threads at once, in each pass in which the file looks changed.
 */
typedef bool stage_known(void *context, const char *path, const struct stat *status);

/*
 * Whether the file system of that directory is one whose ctime tells of every store, once what is
 * dirty has been written back (ext4, XFS, btrfs, f2fs): only there is what looks as before the same.
 */
bool stage_ctime_tells(int directory);

struct stage_options {
	int upper;  /* the layer's directory, any descriptor of it; stays the caller's */
	int folder; /* where the stage's temporary folder is made (fs/temporary.h), best on the same
		       file system; stays the caller's */
	stage_processes *processes; /* NULL: nothing runs */
	stage_known *known;	    /* NULL: all is copied */
	void *context;		    /* of both */
	unsigned threads;	    /* 0: as many as processors, at most 8 */
};

/* Makes an empty stage, locked as temporary, so that what is left of a crash is known as such. */
struct stage *stage_open(const struct stage_options *options, struct error *err);

/*
 * Copies the layer while it is in use: pass after pass for as long as they find less and less to
 * do, then returns. ENOSPC says what the way out is.
 */
int stage_copy(struct stage *stage, struct error *err);

/*
 * The last pass. With frozen nothing may change in the layer until it returns, and the stage is
 * then what the layer was in this instant; EBUSY if something changes nevertheless. Without, each
 * file is consistent by itself where that can be had in a few tries.
 */
int stage_settle(struct stage *stage, bool frozen, struct error *err);

/* Writes to the stage what stage_settle() has collected. The layer is not looked at any more. */
int stage_finish(struct stage *stage, struct error *err);

/* The directory that equals the layer: an O_RDONLY descriptor, the stage's. */
int stage_root(const struct stage *stage);

struct stage_statistics {
	unsigned passes;		 /* the last one included */
	uint64_t files, bytes;		 /* regular files copied or compared, in all passes */
	uint64_t last_files, last_bytes; /* and in stage_settle() */
};

void stage_statistics(const struct stage *stage, struct stage_statistics *statistics);

/* One path of the layer, after stage_settle(). */
struct stage_entry {
	const char *path; /* absolute; "/" is the layer itself */
	/*
	 * Of the layer's own file in that instant, not of the copy: st_ino, st_ctim, st_mtim,
	 * st_size, st_mode, st_nlink, st_uid, st_gid, st_rdev.
	 */
	struct stat status;
	bool racy;  /* a change right after that instant may leave this ctime as it is */
	bool known; /* options.known said so: the stage does not have its content */
};

typedef int stage_callback(const struct stage_entry *entry, void *context, struct error *err);

/* Calls callback for everything in the layer, a directory before what is in it, sorted by bytes. */
int stage_each(const struct stage *stage, stage_callback *callback, void *context,
	       struct error *err);

/*
 * Renames the finished copy to name below dir (on the file system of options.folder): it is the
 * caller's then, as a writable layer. Not synced.
 */
int stage_take(struct stage *stage, int dir, const char *name, struct error *err);

/* Removes the stage with all that was copied. *stage may be NULL, and is then. */
void stage_close(struct stage **stage);

#define cleanup_stage __attribute__((cleanup(stage_close)))
