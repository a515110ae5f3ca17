/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "fs/open_files.h"
#include "fs/stage.h"
#include "fs/stage_tree.h"
#include "fs/temporary.h"
#include "fs/xattrs.h"

/*
 * For fs/stage*.c. A pass goes through these files:
 *
 *	stage.c			the order of it all
 *	stage_scan.c		compares the layer with the tree: names at once, as changes; inodes
 *				whose look differs are queued as updates
 *	stage_change.c		changes: what happens to names in the stage. They wait while the
 *				container is frozen
 *	stage_update.c		updates: attributes and content, collected (from the layer, into
 *				memory) and written (to the stage); at once while it runs
 *	stage_file.c		one file of the layer and its copy
 *	stage_content.c		the content of a part of a file
 *	stage_tree.c		the tree itself
 */

#define STAGE_MOST_THREADS 8
#define STAGE_BUFFER ((size_t)256 << 10)
/* What is collected while frozen; what is more is written at once. */
#define STAGE_MOST_MEMORY ((size_t)32 << 20)
/* Files are worked on in pieces of this size, by several threads. */
#define STAGE_PIECE ((off_t)4 << 20)
/* A smaller file is read whole instead of being compared. */
#define STAGE_SMALL ((off_t)64 << 10)
/* While frozen a larger one is cloned: that has its pages written to the disk first, which takes
 * its time too. */
#define STAGE_SHARED ((off_t)64 << 20)

enum stage_change_kind { CHANGE_MOVE, CHANGE_LINK, CHANGE_REMOVE, CHANGE_FOLDER, CHANGE_NODE };

struct stage_change {
	enum stage_change_kind kind;
	struct stage_node *node; /* not of CHANGE_REMOVE */
	char *from, *to;	 /* in the stage's folder: "tree/a", "limbo/3" */
	mode_t mode;		 /* of CHANGE_NODE, with the kind */
	dev_t device;
	char *target; /* of a link */
};

/* Bytes of a file that are to be written, or with data NULL to become a hole. */
struct stage_patch {
	off_t at;
	size_t size;
	char *data;
};

struct stage_piece {
	struct stage_update *update;
	off_t begin, end;
	struct stage_patch *patches;
	size_t count, room;
};

struct stage_update {
	struct stage_inode *inode;
	struct stage_node *node; /* the name that it is done by */
	struct xattrs xattrs;	 /* collected */
	struct stat status;	 /* of the layer's file when it was opened */
	struct stage_piece *pieces;
	size_t count;
	int clone;	    /* the content as a clone of the file, or -1 */
	bool mapped;	    /* shared and writable by a process, it may be */
	bool had;	    /* the stage has an older copy, with which this is compared */
	bool whole;	    /* the pieces are all of the content */
	atomic_bool direct; /* too much to collect: to be written while frozen */
	bool gone;	    /* it was not there any more, or something else was */
	bool done;
};

/* What one thread needs. */
struct stage_worker {
	struct stage_path path;
	struct xattrs xattrs, have;
	char *buffer, *other; /* STAGE_BUFFER bytes each */
};

struct stage {
	struct stage_options options;
	int upper, folder, root;
	char name[TEMPORARY_SIZE]; /* of folder, in options.folder */
	struct stage_tree tree;
	unsigned threads, pass;
	bool tells;	/* ctime tells of stores through mappings: see stage.h */
	bool frozen;	/* this pass: changes wait, and nothing may differ from what was seen */
	bool writing;	/* frozen nevertheless, what is too much to collect is written */
	bool steady;	/* this pass: what changes while it is read is read again */
	bool collected; /* changes and updates wait for stage_finish() */
	atomic_bool reflink; /* until it is known that the file system cannot */
	long granularity;    /* of the clock of timestamps, nanoseconds */
	/* the directories of the tree as the last pass went through them */
	struct stage_node **directories;
	size_t directory_count, directory_room;
	struct stage_change *changes;
	size_t change_count, change_room;
	struct stage_update *updates;
	size_t update_count, update_room;
	struct stage_piece **pieces; /* of those updates that have several */
	size_t piece_count;
	pthread_mutex_t lock; /* of updates */
	atomic_size_t memory; /* of patches */
	/* the directory of the last change */
	char *place_path;
	int place;
	struct stage_worker workers[STAGE_MOST_THREADS];
	struct stage_statistics statistics;
};

/* stage_scan.c: compares all, does or notes the changes, queues updates. */
int stage_scan(struct stage *stage, struct error *err);
/* Whatever opens it as a directory: ENOENT and the like are the caller's to judge (errno). */
int stage_open_upper(struct stage *stage, const struct stage_node *node,
		     struct stage_worker *worker, struct error *err);
int stage_queue(struct stage *stage, struct stage_inode *inode, struct error *err);

/* stage_change.c: each is done at once or, while frozen, noted. */
int stage_change_move(struct stage *stage, struct stage_node *node, struct stage_node *parent,
		      const char *name, struct error *err);
int stage_change_link(struct stage *stage, struct stage_node *existing, struct stage_node *node,
		      struct error *err);
int stage_change_remove(struct stage *stage, struct stage_node *node, struct error *err);
int stage_change_folder(struct stage *stage, struct stage_node *node, struct error *err);
int stage_change_node(struct stage *stage, struct stage_node *node, const struct stat *status,
		      const char *target, struct error *err);
/* Does those that wait. */
int stage_changes_apply(struct stage *stage, struct error *err);
/* Removes what is in limbo, from the stage and from the tree. */
int stage_clear_limbo(struct stage *stage, struct error *err);

/* stage_update.c: all that are queued. Collecting is for while it is frozen, writing for after. */
int stage_updates_run(struct stage *stage, struct error *err);
int stage_updates_collect(struct stage *stage, struct error *err);
int stage_updates_write(struct stage *stage, struct error *err);
/* Empties the queue. */
void stage_updates_free(struct stage *stage);

/*
 * stage_file.c: one update. Files that are opened are the caller's. -1 without a failure of its own
 * if update->gone says that the layer's file is not there any more.
 */
int stage_source_open(struct stage *stage, struct stage_update *update, struct stage_worker *worker,
		      struct error *err);
int stage_source_reopen(struct stage *stage, const struct stage_update *update,
			struct stage_worker *worker, struct error *err);
/* The older copy, at the place that it has before the waiting changes. */
int stage_existing_open(struct stage *stage, const struct stage_update *update,
			struct stage_worker *worker, struct error *err);
int stage_target_open(struct stage *stage, const struct stage_update *update,
		      struct stage_worker *worker, struct error *err);
/* Owner, mode, extended attributes and time; a directory has its time in stage_finish(). */
int stage_set_attributes(struct stage *stage, const struct stage_update *update,
			 struct stage_worker *worker, struct error *err);
/* Whether the layer's file has changed since stage_source_open(). */
bool stage_source_changed(struct stage *stage, const struct stage_update *update,
			  struct stage_worker *worker);

/*
 * stage_content.c: reads [begin, end) of source. With into -1 what it has, or with existing >= 0
 * in what it differs from that, becomes patches of the piece; else it is written there.
 */
int stage_piece_read(struct stage *stage, struct stage_piece *piece, int source, int existing,
		     int into, struct stage_worker *worker, struct error *err);
int stage_piece_write(const struct stage_piece *piece, int into, struct stage_worker *worker,
		      struct error *err);
void stage_piece_free(struct stage_piece *piece);
int stage_no_space(struct error *err, const char *path);
