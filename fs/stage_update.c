/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/parallel.h"
#include "fs/stage_work.h"

/* How often a file is read that changes while it is read, where nothing is frozen. */
#define MOST_TRIES 4

static bool collecting(const struct stage *stage)
{
	return stage->frozen && !stage->writing;
}

static void drop_pieces(struct stage *stage, struct stage_update *update)
{
	for (size_t i = 0; i < update->count; i++) {
		for (size_t j = 0; j < update->pieces[i].count; j++)
			if (update->pieces[i].patches[j].data)
				stage->memory -= update->pieces[i].patches[j].size;
		stage_piece_free(&update->pieces[i]);
	}
	free(update->pieces);
	update->pieces = NULL;
	update->count = 0;
}

/* The update is in the stage. */
static void finish(struct stage *stage, struct stage_update *update)
{
	bool regular = S_ISREG(update->inode->look.st_mode);

	update->inode->made = true;
	update->inode->copied = regular && !update->inode->known;
	update->done = true;
	drop_pieces(stage, update);
	xattrs_free(&update->xattrs);
	close_fd(&update->clone);
}

/* Content ------------------------------------------------------------------------------------ */

static int add_pieces(struct stage_update *update, struct error *err)
{
	size_t count = (size_t)((update->status.st_size + STAGE_PIECE - 1) / STAGE_PIECE);

	if (!count)
		return 0;
	update->pieces = calloc(count, sizeof(*update->pieces));
	if (!update->pieces)
		return fail(err, ENOMEM, "stage: out of memory");
	update->count = count;
	for (size_t i = 0; i < count; i++) {
		off_t end = (off_t)(i + 1) * STAGE_PIECE;

		update->pieces[i] = (struct stage_piece){
			.update = update,
			.begin = (off_t)i * STAGE_PIECE,
			.end = end < update->status.st_size ? end : update->status.st_size,
		};
	}
	return 0;
}

/* Shares the file's blocks where the file system can. Returns 1 if it has. */
static int share(struct stage *stage, int source, int target)
{
	if (!stage->reflink)
		return 0;
	if (ioctl(target, FICLONE, source) == 0)
		return 1;
	if (errno == EOPNOTSUPP || errno == ENOTTY || errno == EXDEV || errno == EINVAL)
		stage->reflink = false;
	return 0;
}

/* As long as the container is frozen the clone has no name. */
static int share_apart(struct stage *stage, struct stage_update *update, int source)
{
	if (!stage->reflink)
		return 0;
	update->clone = openat(stage->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (update->clone >= 0 && share(stage, source, update->clone) == 1)
		return 1;
	close_fd(&update->clone);
	return 0;
}

static int begin_target(const struct stage_update *update, int target, struct error *err)
{
	if ((update->whole && ftruncate(target, 0) < 0) ||
	    ftruncate(target, update->status.st_size) < 0)
		return errno == ENOSPC || errno == EDQUOT
			       ? stage_no_space(err, "a file")
			       : fail_errno(err, "stage: set the size of a file");
	return 0;
}

/* From now on the first store to a page changes ctime: they are written back, and so protected. */
static void protect_mappings(const struct stage *stage, struct stage_update *update, int source)
{
	const unsigned how = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
			     SYNC_FILE_RANGE_WAIT_AFTER;

	if (update->mapped && stage->tells && sync_file_range(source, 0, 0, how) < 0)
		update->inode->suspect = true;
}

/* Decides how the content gets into the stage. Returns 1 if it is there. */
static int plan_content(struct stage *stage, struct stage_update *update, int source, int target,
			struct stage_worker *worker, struct error *err)
{
	struct stage_inode *inode = update->inode;
	const struct stage_options *options = &stage->options;
	const char *path;

	if (stage_node_path(update->node, false, &worker->path, err) < 0)
		return -1;
	path = worker->path.text + strlen("tree");
	inode->known = options->known && options->known(options->context, path, &inode->look);
	update->whole = !update->had || update->status.st_size <= STAGE_SMALL || inode->known;
	if (target >= 0 && begin_target(update, target, err) < 0)
		return -1;
	if (inode->known)
		return 1;
	protect_mappings(stage, update, source);
	if (target >= 0
		    ? share(stage, source, target)
		    : update->status.st_size > STAGE_SHARED && share_apart(stage, update, source))
		return 1;
	/* nothing to compare it with, and more than is collected */
	if (target < 0 && update->whole &&
	    update->status.st_size > (off_t)STAGE_MOST_MEMORY - (off_t)stage->memory) {
		update->direct = true;
		return 1;
	}
	return add_pieces(update, err);
}

static int read_piece(struct stage *stage, struct stage_piece *piece, int source, int target,
		      struct stage_worker *worker, struct error *err)
{
	const struct stage_update *update = piece->update;
	cleanup_fd int old = -1;

	if (target < 0 && !update->whole) {
		old = stage_existing_open(stage, update, worker, err);
		if (old < 0)
			return -1;
	}
	return stage_piece_read(stage, piece, source,
				update->whole ? -1
				: target < 0  ? old
					      : target,
				target, worker, err);
}

/* A file of one piece is done here; those of more are left to read_task() and end_task(). */
static int begin_file(struct stage *stage, struct stage_update *update, int source,
		      struct stage_worker *worker, struct error *err)
{
	cleanup_fd int target = -1;
	int there;

	if (!collecting(stage)) {
		target = stage_target_open(stage, update, worker, err);
		if (target < 0)
			return -1;
	}
	there = plan_content(stage, update, source, target, worker, err);
	if (there != 0 || update->count > 1)
		return there;
	return update->count ? read_piece(stage, &update->pieces[0], source, target, worker, err)
			     : 0;
}

/* Tasks -------------------------------------------------------------------------------------- */

static int begin_task(void *context, size_t index, unsigned worker, struct error *err)
{
	struct stage *stage = context;
	struct stage_update *update = &stage->updates[index];
	bool regular = S_ISREG(update->inode->look.st_mode);
	cleanup_fd int source = -1;

	if (update->done)
		return 0;
	update->node = stage_inode_name(&stage->tree, update->inode);
	update->had = update->inode->copied;
	if (!update->node) {
		update->done = true; /* it has lost its last name since */
		return 0;
	}
	source = stage_source_open(stage, update, &stage->workers[worker], err);
	update->done = update->gone;
	if (source < 0)
		return update->gone ? 0 : -1;
	if (regular && begin_file(stage, update, source, &stage->workers[worker], err) < 0)
		return -1;
	if (collecting(stage) || update->count > 1)
		return 0;
	if (stage_set_attributes(stage, update, &stage->workers[worker], err) < 0)
		return -1;
	finish(stage, update);
	return 0;
}

static int read_task(void *context, size_t index, unsigned worker, struct error *err)
{
	struct stage *stage = context;
	struct stage_piece *piece = stage->pieces[index];
	struct stage_update *update = piece->update;
	cleanup_fd int source = -1, target = -1;
	bool collect = collecting(stage);

	if (update->gone)
		return 0;
	source = stage_source_reopen(stage, update, &stage->workers[worker], err);
	if (source < 0 && !stage->frozen && (err->errnum == ENOENT || err->errnum == ENOTDIR)) {
		update->gone = true;
		return 0;
	}
	if (source < 0)
		return -1;
	if (!collect) {
		target = stage_target_open(stage, update, &stage->workers[worker], err);
		if (target < 0)
			return -1;
	}
	return read_piece(stage, piece, source, target, &stage->workers[worker], err);
}

static int end_task(void *context, size_t index, unsigned worker, struct error *err)
{
	struct stage *stage = context;
	struct stage_update *update = &stage->updates[index];

	if (update->done || collecting(stage))
		return 0;
	if (stage_set_attributes(stage, update, &stage->workers[worker], err) < 0)
		return -1;
	finish(stage, update);
	update->inode->suspect |= update->gone;
	return 0;
}

/* Those that are left by begin_task(). */
static int list_pieces(struct stage *stage, struct error *err)
{
	size_t count = 0;

	for (size_t i = 0; i < stage->update_count; i++)
		count += stage->updates[i].done ? 0 : stage->updates[i].count;
	free(stage->pieces);
	stage->piece_count = 0;
	stage->pieces = calloc(count + 1, sizeof(struct stage_piece *));
	if (!stage->pieces)
		return fail(err, ENOMEM, "stage: out of memory");
	for (size_t i = 0; i < stage->update_count; i++)
		for (size_t j = 0; !stage->updates[i].done && stage->updates[i].count > 1 &&
				   j < stage->updates[i].count;
		     j++)
			stage->pieces[stage->piece_count++] = &stage->updates[i].pieces[j];
	return 0;
}

static int run(struct stage *stage, struct error *err)
{
	if (parallel_run(stage->threads, stage->update_count, begin_task, stage, err) < 0 ||
	    list_pieces(stage, err) < 0 ||
	    parallel_run(stage->threads, stage->piece_count, read_task, stage, err) < 0)
		return -1;
	return parallel_run(stage->threads, stage->update_count, end_task, stage, err);
}

/* The whole ---------------------------------------------------------------------------------- */

/* Makes those pending again that have changed meanwhile. Returns how many. */
static size_t again(struct stage *stage)
{
	size_t count = 0;

	for (size_t i = 0; i < stage->update_count; i++) {
		struct stage_update *update = &stage->updates[i];

		if (!S_ISREG(update->inode->look.st_mode) || !update->node || update->gone ||
		    !stage_source_changed(stage, update, &stage->workers[0]))
			continue;
		update->done = false;
		count++;
	}
	return count;
}

int stage_updates_run(struct stage *stage, struct error *err)
{
	for (int i = 0; i < MOST_TRIES; i++)
		if (run(stage, err) < 0)
			return -1;
		else if (!stage->steady || !again(stage))
			break;
	return 0;
}

int stage_updates_collect(struct stage *stage, struct error *err)
{
	size_t direct = 0;
	int result;

	if (run(stage, err) < 0)
		return -1;
	for (size_t i = 0; i < stage->update_count; i++) {
		if (!stage->updates[i].direct || stage->updates[i].done)
			continue;
		drop_pieces(stage, &stage->updates[i]);
		direct++;
	}
	if (!direct)
		return 0;
	/* the others are kept; begin_task() is only for these */
	if (stage_changes_apply(stage, err) < 0)
		return -1;
	for (size_t i = 0; i < stage->update_count; i++)
		stage->updates[i].done |= !stage->updates[i].direct;
	stage->writing = true;
	result = run(stage, err);
	stage->writing = false;
	for (size_t i = 0; i < stage->update_count; i++)
		stage->updates[i].done = stage->updates[i].direct || !stage->updates[i].node;
	return result;
}

static int write_content(struct stage *stage, struct stage_update *update,
			 struct stage_worker *worker, struct error *err)
{
	cleanup_fd int target = stage_target_open(stage, update, worker, err);

	if (target < 0 || begin_target(update, target, err) < 0)
		return -1;
	if (update->clone >= 0 && ioctl(target, FICLONE, update->clone) < 0)
		return fail_errno(err, "stage: share the blocks of %s", worker->path.text);
	for (size_t i = 0; i < update->count; i++)
		if (stage_piece_write(&update->pieces[i], target, worker, err) < 0)
			return -1;
	return 0;
}

static int write_task(void *context, size_t index, unsigned worker, struct error *err)
{
	struct stage *stage = context;
	struct stage_update *update = &stage->updates[index];

	if (update->done)
		return 0;
	if (S_ISREG(update->inode->look.st_mode) &&
	    write_content(stage, update, &stage->workers[worker], err) < 0)
		return -1;
	if (stage_set_attributes(stage, update, &stage->workers[worker], err) < 0)
		return -1;
	finish(stage, update);
	return 0;
}

int stage_updates_write(struct stage *stage, struct error *err)
{
	return parallel_run(stage->threads, stage->update_count, write_task, stage, err);
}

void stage_updates_free(struct stage *stage)
{
	for (size_t i = 0; i < stage->update_count; i++) {
		struct stage_update *update = &stage->updates[i];

		drop_pieces(stage, update);
		xattrs_free(&update->xattrs);
		close_fd(&update->clone);
		update->inode->queued = false;
	}
	stage->update_count = 0;
	stage->memory = 0;
	free(stage->pieces);
	stage->pieces = NULL;
	stage->piece_count = 0;
}
