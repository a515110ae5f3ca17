/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <time.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * What commits to the host have done and are doing:
 *
 *	<data-root>/undo/lock			held (flock(2)) by who commits, undoes or recovers
 *	<data-root>/undo/pending		a symbolic link to the folder that is worked on
 *	<data-root>/undo/NUMBER/state.json	struct journal_state, replaced by rename
 *	<data-root>/undo/NUMBER/journal.json	struct journal, written once
 *
 * An operation exchanges what is at a path of the host with what is in its slot, a name in the
 * folder of an area (host_area.h) on the same mount. Either may be absent: a new file has nothing
 * to be exchanged with, of a deleted one the slot is empty at first. So every operation is its own
 * reverse, and what is in the slot tells whether it has been done: before it has the new file,
 * behind it the old one. Only we can write there, so nobody can make a recovery believe otherwise.
 *
 * The order of durable writes (each is synced before the next begins):
 *
 *	1. pending; state "staging" with the areas	from now on somebody cleans up
 *	2. the new files in the slots
 *	3. journal.json; state "committing"		from now on a crash is rolled back
 *	4. the exchanges; attributes of directories; syncfs
 *	5. state "committed"				the commit point: a crash changes nothing
 *	6. pending is removed				needs no sync: "committed" says all
 *
 * and of an undo: 1. pending; state "undoing" with what is left alone. 2. the exchanges, syncfs.
 * 3. state "committed" with what is still as it was made, or "undone" when that is nothing: the
 * commit point. 4. pending is removed. A crash before it puts everything in place again.
 * "dropped", behind pending too, comes before the removal of the old files.
 *
 * The journal of what is undone or dropped, or has failed and was rolled back ("undone" too), stays
 * as long as the container: its later commits have to know which files of the host we have touched
 * ourselves.
 */

enum journal_phase {
	JOURNAL_STAGING = 1,
	JOURNAL_COMMITTING,
	JOURNAL_COMMITTED,
	JOURNAL_UNDOING,
	JOURNAL_UNDONE,
	JOURNAL_DROPPED,
};

/* How something looked. inode 0: there was nothing. */
struct journal_seen {
	uint64_t inode, size;
	int64_t mtime;
	uint32_t mtime_nanoseconds;
	int64_t ctime; /* of what was there before only: an exchange changes it */
	uint32_t ctime_nanoseconds;
	uint32_t mode;
};

struct journal_operation {
	uint32_t part, area;
	char *path; /* in the part: "/etc/passwd" */
	struct journal_seen old, new;
};

struct journal_xattr {
	char *name, *value; /* the value in hexadecimal digits */
};

struct journal_xattrs {
	struct journal_xattr *items;
	size_t count;
};

struct journal_attributes {
	uint32_t mode, uid, gid;
	int64_t mtime;
	uint32_t mtime_nanoseconds;
	struct journal_xattrs xattrs; /* only if journal_directory.attributes */
};

/* A directory in which something is exchanged, or whose attributes change. */
struct journal_directory {
	uint32_t part;
	char *path;	/* "" is the part itself */
	uint64_t inode; /* what is there must still be this one */
	int64_t ctime;	/* before */
	uint32_t ctime_nanoseconds;
	bool attributes; /* mode, owner and extended attributes are set; else only its time */
	bool touched;	 /* something is exchanged in it; not in the document */
	struct journal_attributes old, new;
};

struct journal_area {
	uint32_t part;
	char *path;	/* of its folder, in the part: "/.ctr-undo/12-7f3a01" */
	uint64_t inode; /* of the directory that .ctr-undo is in */
	int64_t ctime;	/* of that, before */
	uint32_t ctime_nanoseconds;
	/* As journal_state.settled, of that directory, when .ctr-undo had been removed. */
	int64_t settled;
	uint32_t settled_nanoseconds;
};

struct journal {
	struct string_list targets; /* of the parts */
	struct {
		struct journal_operation *items; /* the slot of each is its index */
		size_t count;
	} operations;
	struct {
		struct journal_directory *items;
		size_t count;
	} directories;
};

struct journal_state {
	int phase;		   /* enum journal_phase */
	char *container, *created; /* the container's time of creation: its ID may be used again */
	char *time;		   /* of the commit */
	uint32_t added, changed, deleted;
	struct {
		struct journal_area *items;
		size_t count;
	} areas;
	struct string_list targets; /* as in struct journal */
	/* No file that the last exchange has put in place was changed by then; later is by others.
	 */
	int64_t settled;
	uint32_t settled_nanoseconds;
	/* Operations that have been undone, and those that an undo in progress leaves alone. */
	struct {
		uint32_t *items;
		size_t count;
	} undone, left;
	struct {
		uint32_t *items;
		size_t count;
	} spared; /* the directories whose attributes that undo leaves alone */
};

/* The folder of all of them. Starts as JOURNALS_NONE. */
struct journals {
	int dir, lock;
};

#define JOURNALS_NONE ((struct journals){ .dir = -1, .lock = -1 })

enum journals_lock {
	JOURNALS_LOOK, /* no lock; ENOENT if there was never one */
	JOURNALS_WAIT, /* makes the folder if need be, and waits for the lock */
	JOURNALS_TRY,  /* EWOULDBLOCK if somebody has the lock */
};

/* Opens <data-root>/undo. Whatever the result: journals_close(). */
int journals_open(const char *data_root, enum journals_lock lock, struct journals *journals,
		  struct error *err);
void journals_close(struct journals *journals);

#define cleanup_journals __attribute__((cleanup(journals_close)))

/* The numbers that there are, ascending, in the arena. */
int journals_list(const struct journals *journals, struct arena *arena, unsigned **numbers,
		  size_t *count, struct error *err);

/*
 * The number that is pending, 0 if none is. One system call, for the path of every command; an
 * error of it counts as none.
 */
unsigned journals_pending(const char *data_root);

/* The same in a folder that is open, with errors. */
int journals_read_pending(const struct journals *journals, unsigned *number, struct error *err);

/* Makes the folder of a new number, durably, and sets *number. */
int journals_add(const struct journals *journals, unsigned *number, struct error *err);

/* Sets what is pending durably; 0 removes it, and that is not synced. */
int journals_set_pending(const struct journals *journals, unsigned number, struct error *err);

/* Removes the folder of a number. */
int journals_remove(const struct journals *journals, unsigned number, struct error *err);

/* state.json and journal.json, durably. What load reads is in the arena; ENOENT when absent. */
int journal_save_state(const struct journals *journals, unsigned number,
		       const struct journal_state *state, struct error *err);
int journal_load_state(const struct journals *journals, unsigned number, struct arena *arena,
		       struct journal_state *state, struct error *err);
int journal_save(const struct journals *journals, unsigned number, const struct journal *journal,
		 struct error *err);
int journal_load(const struct journals *journals, unsigned number, struct arena *arena,
		 struct journal *journal, struct error *err);

struct journal_seen journal_see(const struct stat *status);

/* Whether it is the same file with the same content, as far as one sees: not its time of change. */
bool journal_is_same(const struct journal_seen *seen, const struct stat *status);

/* Whether operation number i is in a sorted list of them. */
bool journal_has(const uint32_t *items, size_t count, size_t i);
