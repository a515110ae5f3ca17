/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_exchange.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/step.h"
#include "base/sys.h"
#include "fs/host_attributes.h"
#include "fs/host_part.h"

#define SLOT_SIZE 24

/* Opening -------------------------------------------------------------------------------------- */

int host_exchange_open(const struct journal *journal, const struct journal_state *state,
		       struct arena *arena, struct host_exchange *exchange, struct error *err)
{
	const struct string_list *targets = &state->targets;

	*exchange = (struct host_exchange){
		.journal = journal,
		.parts = arena_array(arena, int, targets->count),
		.areas = arena_array(arena, int, state->areas.count),
		.part_count = targets->count,
		.area_count = state->areas.count,
	};
	for (size_t i = 0; i < targets->count; i++)
		exchange->parts[i] = -1;
	for (size_t i = 0; i < state->areas.count; i++)
		exchange->areas[i] = -1;
	for (size_t i = 0; i < targets->count; i++) {
		exchange->parts[i] = host_part_open(targets->items[i], err);
		if (exchange->parts[i] < 0)
			return -1;
	}
	for (size_t i = 0; i < state->areas.count; i++) {
		const struct journal_area *area = &state->areas.items[i];

		exchange->areas[i] = host_area_open(exchange->parts[area->part], area->path);
		if (exchange->areas[i] < 0)
			return fail_errno(err, "the old files in %s%s (is everything mounted?)",
					  targets->items[area->part], area->path);
	}
	for (size_t i = 0; journal && i < journal->operations.count; i++)
		if (journal->operations.items[i].area >= state->areas.count)
			return fail(err, EINVAL, "journal.json: operations[%zu].area: too large",
				    i);
	return 0;
}

void host_exchange_close(struct host_exchange *exchange)
{
	for (size_t i = 0; i < exchange->part_count; i++)
		close_fd(&exchange->parts[i]);
	for (size_t i = 0; i < exchange->area_count; i++)
		close_fd(&exchange->areas[i]);
}

/* Looking -------------------------------------------------------------------------------------- */

static int fail_changed(const struct host_exchange *exchange,
			const struct journal_operation *operation, struct error *err)
{
	const char *target = exchange->journal->targets.items[operation->part];

	return fail(err, EBUSY,
		    "%s%s: changed on the host just now: nothing has been committed; try again",
		    strcmp(target, "/") ? target : "", operation->path);
}

/* The directory of an operation, in the place of its part. */
static int go(const struct host_exchange *exchange, const struct journal_operation *operation,
	      struct host_place *place, const char **name, struct error *err)
{
	int dir;

	if (place->root != exchange->parts[operation->part]) {
		host_place_free(place);
		*place = HOST_PLACE(exchange->parts[operation->part]);
	}
	dir = host_place_go(place, operation->path, name);
	return dir < 0 ? fail_errno(err, "%s: its directory", operation->path) : dir;
}

int host_exchange_check(const struct host_exchange *exchange, struct error *err)
{
	const struct journal *journal = exchange->journal;
	struct host_place place = HOST_PLACE(-1);
	int result = 0;

	for (size_t i = 0; result == 0 && i < journal->operations.count; i++) {
		const struct journal_operation *operation = &journal->operations.items[i];
		const struct journal_seen *old = &operation->old;
		struct stat status;
		const char *name;
		int dir = go(exchange, operation, &place, &name, err);
		bool there;

		if (dir < 0) {
			result = -1;
			break;
		}
		there = fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0;
		if (there != (old->inode != 0) ||
		    (there &&
		     (!journal_is_same(old, &status) || status.st_ctim.tv_sec != old->ctime ||
		      status.st_ctim.tv_nsec != old->ctime_nanoseconds)))
			result = fail_changed(exchange, operation, err);
	}
	host_place_free(&place);
	return result;
}

/* The first time ------------------------------------------------------------------------------- */

enum pass { PASS_NEW, PASS_REPLACED, PASS_DELETED, PASS_COUNT };

static enum pass pass_of(const struct journal_operation *operation)
{
	return !operation->old.inode  ? PASS_NEW
	       : operation->new.inode ? PASS_REPLACED
				      : PASS_DELETED;
}

static int run_operation(const struct host_exchange *exchange,
			 const struct journal_operation *operation, size_t i, int dir,
			 const char *name, struct error *err)
{
	int area = exchange->areas[operation->area], result;
	enum pass pass = pass_of(operation);
	struct stat status;
	char slot[SLOT_SIZE];

	snprintf(slot, sizeof(slot), "%zu", i);
	if (pass == PASS_DELETED)
		result = renameat2(dir, name, area, slot, RENAME_NOREPLACE);
	else
		result = renameat2(area, slot, dir, name,
				   pass == PASS_NEW ? RENAME_NOREPLACE : RENAME_EXCHANGE);
	if (result < 0 && (errno == EEXIST || errno == ENOENT))
		return fail_changed(exchange, operation, err);
	if (result < 0 && errno == EXDEV)
		return fail(err, EXDEV,
			    "%s: this filesystem cannot rename it (a directory of a lower layer of "
			    "an overlay?)",
			    operation->path);
	if (result < 0)
		return fail_errno(err, "%s: exchange", operation->path);
	/* between the check and now somebody may have put another one there */
	if (pass != PASS_NEW && (fstatat(area, slot, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
				 !journal_is_same(&operation->old, &status)))
		return fail_changed(exchange, operation, err);
	return step_point("rename", err);
}

int host_exchange_run(const struct host_exchange *exchange, struct error *err)
{
	const struct journal *journal = exchange->journal;
	struct host_place place = HOST_PLACE(-1);
	int result = 0;

	for (enum pass pass = 0; pass < PASS_COUNT; pass++)
		for (size_t i = 0; result == 0 && i < journal->operations.count; i++) {
			const struct journal_operation *operation = &journal->operations.items[i];
			const char *name;
			int dir;

			if (pass_of(operation) != pass)
				continue;
			dir = go(exchange, operation, &place, &name, err);
			result = dir < 0 ? -1
					 : run_operation(exchange, operation, i, dir, name, err);
		}
	host_place_free(&place);
	return result;
}

/* Back and forth ------------------------------------------------------------------------------- */

/* The inode in a slot, 0 if it is empty. */
static int slot_inode(int area, size_t i, uint64_t *inode, struct error *err)
{
	struct stat status;
	char slot[SLOT_SIZE];

	snprintf(slot, sizeof(slot), "%zu", i);
	*inode = 0;
	if (fstatat(area, slot, &status, AT_SYMLINK_NOFOLLOW) == 0)
		*inode = status.st_ino;
	else if (errno != ENOENT)
		return fail_errno(err, "slot %zu", i);
	return 0;
}

/*
 * Whether an operation is done: its slot has the old file then, and the new one before. What is
 * neither was put in place by others, and came into the slot with the exchange: what is in place
 * now tells in which direction that was.
 */
static int is_done(const struct host_exchange *exchange, size_t i, struct host_place *place,
		   struct error *err)
{
	const struct journal_operation *operation = &exchange->journal->operations.items[i];
	struct stat status;
	const char *name;
	uint64_t inode;
	int dir;

	if (slot_inode(exchange->areas[operation->area], i, &inode, err) < 0)
		return -1;
	if (inode == operation->old.inode || inode == operation->new.inode)
		return inode == operation->old.inode;
	dir = go(exchange, operation, place, &name, err);
	if (dir < 0)
		return -1;
	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0)
		return status.st_ino == operation->new.inode;
	return errno == ENOENT ? !operation->new.inode : fail_errno(err, "%s", operation->path);
}

/* Exchanges a name with a slot; either may be empty. */
static int flip(int area, const char *slot, int dir, const char *name)
{
	if (renameat2(area, slot, dir, name, RENAME_EXCHANGE) == 0)
		return 0;
	/* of the project (quota) of the two xfs looks at the first one's only */
	if (errno == EXDEV && renameat2(dir, name, area, slot, RENAME_EXCHANGE) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	if (renameat2(area, slot, dir, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != ENOENT)
		return -1;
	return renameat2(dir, name, area, slot, RENAME_NOREPLACE) < 0 && errno != ENOENT ? -1 : 0;
}

static int move_operation(const struct host_exchange *exchange, size_t i, bool forward,
			  struct host_place *place, struct error *err)
{
	const struct journal_operation *operation = &exchange->journal->operations.items[i];
	int done = is_done(exchange, i, place, err), dir;
	const char *name;
	char slot[SLOT_SIZE];

	if (done < 0)
		return fail_in(err, "%s", operation->path);
	if (done == forward)
		return 0;
	dir = go(exchange, operation, place, &name, err);
	if (dir < 0)
		return -1;
	snprintf(slot, sizeof(slot), "%zu", i);
	if (flip(exchange->areas[operation->area], slot, dir, name) < 0)
		return fail_errno(err, "%s: exchange", operation->path);
	return step_point("rename", err);
}

/* Whether the directory of an operation is not there any more, by the error of go(). */
static bool is_gone(const struct error *err)
{
	return err->errnum == ENOENT || err->errnum == ENOTDIR || err->errnum == ELOOP;
}

int host_exchange_move(const struct host_exchange *exchange, const struct host_subset *subset,
		       bool forward, struct error *err)
{
	const struct journal *journal = exchange->journal;
	struct host_place place = HOST_PLACE(-1);
	struct error later = { 0 };
	int result = 0;

	for (enum pass turn = 0; turn < PASS_COUNT; turn++) {
		enum pass pass = forward ? turn : PASS_COUNT - 1 - turn;

		for (size_t i = 0; i < journal->operations.count; i++) {
			struct error *reason = result == 0 ? err : &later;

			if (pass_of(&journal->operations.items[i]) != pass ||
			    journal_has(subset->undone, subset->undone_count, i) ||
			    journal_has(subset->left, subset->left_count, i) ||
			    (result < 0 && !subset->persistent) ||
			    move_operation(exchange, i, forward, &place, reason) == 0)
				continue;
			if (subset->persistent && is_gone(reason))
				log_warning("%s: it is left as it is", reason->text);
			else
				result = -1;
		}
	}
	host_place_free(&place);
	return result;
}

/* Directories ---------------------------------------------------------------------------------- */

/* A directory that was moved: on some filesystems (xfs) that changes its time. */
static void keep_moved_time(int dir, const char *name, const struct journal_seen *seen)
{
	const struct timespec times[2] = {
		{ .tv_nsec = UTIME_OMIT },
		{ .tv_sec = seen->mtime, .tv_nsec = seen->mtime_nanoseconds },
	};
	struct stat status;

	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_ino == seen->inode &&
	    (status.st_mtim.tv_sec != times[1].tv_sec ||
	     status.st_mtim.tv_nsec != times[1].tv_nsec))
		utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW);
}

static void keep_moved_times(const struct host_exchange *exchange, bool forward)
{
	const struct journal *journal = exchange->journal;
	struct host_place place = HOST_PLACE(-1);
	struct error ignored;

	for (size_t i = 0; i < journal->operations.count; i++) {
		const struct journal_operation *operation = &journal->operations.items[i];
		const struct journal_seen *seen = forward ? &operation->new : &operation->old;
		const char *name;
		int dir;

		if (!seen->inode || !S_ISDIR(seen->mode))
			continue;
		dir = go(exchange, operation, &place, &name, &ignored);
		if (dir >= 0)
			keep_moved_time(dir, name, seen);
	}
	host_place_free(&place);
}

int host_exchange_directories(const struct host_exchange *exchange, bool forward,
			      const unsigned char *spared, struct error *err)
{
	const struct journal *journal = exchange->journal;

	keep_moved_times(exchange, forward);
	/* from below upwards. Where a user may write but is not the owner (/tmp) the time stays. */
	for (size_t i = journal->directories.count; i-- > 0;) {
		const struct journal_directory *directory = &journal->directories.items[i];
		const struct journal_attributes *wanted = forward ? &directory->new
								  : &directory->old;
		cleanup_fd int fd = -1;
		struct stat status;

		fd = host_open_directory(exchange->parts[directory->part], directory->path);
		if (fd < 0 || fstat(fd, &status) < 0 || status.st_ino != directory->inode)
			continue;
		if ((directory->attributes && !(spared && (spared[i] & HOST_SPARED_ATTRIBUTES)) &&
		     host_attributes_set(fd, wanted, err) < 0) ||
		    (!(spared && (spared[i] & HOST_SPARED_TIME)) &&
		     host_attributes_set_time(fd, wanted, err) < 0 && err->errnum != EPERM))
			return fail_in(err, "%s", *directory->path ? directory->path : "/");
		if (step_point("directory", err) < 0)
			return -1;
	}
	return 0;
}

/* Whether one of the areas is on this filesystem, which is then synced already. */
static bool is_synced(const struct host_exchange *exchange, dev_t device)
{
	struct stat status;

	for (size_t i = 0; i < exchange->area_count; i++)
		if (fstat(exchange->areas[i], &status) == 0 && status.st_dev == device)
			return true;
	return false;
}

int host_exchange_sync(const struct host_exchange *exchange, struct error *err)
{
	for (size_t i = 0; i < exchange->area_count; i++)
		if (syncfs(exchange->areas[i]) < 0)
			return fail_errno(err, "sync the filesystem");
	/* directories of which only the attributes change need no area */
	for (size_t i = 0; i < exchange->part_count; i++) {
		cleanup_fd int fd = host_open_directory(exchange->parts[i], "");
		struct stat status;

		if (fd < 0 || fstat(fd, &status) < 0 ||
		    (!is_synced(exchange, status.st_dev) && syncfs(fd) < 0))
			return fail_errno(err, "sync the filesystem");
	}
	return 0;
}

static void settle(struct journal_state *state, const struct stat *status)
{
	if (status->st_ctim.tv_sec < state->settled ||
	    (status->st_ctim.tv_sec == state->settled &&
	     status->st_ctim.tv_nsec <= state->settled_nanoseconds))
		return;
	state->settled = status->st_ctim.tv_sec;
	state->settled_nanoseconds = (uint32_t)status->st_ctim.tv_nsec;
}

void host_exchange_settle(const struct host_exchange *exchange, struct journal_state *state)
{
	const struct journal *journal = exchange->journal;
	struct host_place place = HOST_PLACE(-1);
	struct error ignored;
	struct stat status;

	for (size_t i = 0; i < journal->operations.count; i++) {
		const struct journal_operation *operation = &journal->operations.items[i];
		const char *name;
		int dir = go(exchange, operation, &place, &name, &ignored);

		/* another one there is not ours */
		if (dir >= 0 && fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
		    (status.st_ino == operation->new.inode ||
		     status.st_ino == operation->old.inode))
			settle(state, &status);
	}
	for (size_t i = 0; i < journal->directories.count; i++) {
		const struct journal_directory *directory = &journal->directories.items[i];
		cleanup_fd int fd =
			host_open_directory(exchange->parts[directory->part], directory->path);

		if (fd >= 0 && fstat(fd, &status) == 0 && status.st_ino == directory->inode)
			settle(state, &status);
	}
	host_place_free(&place);
}
