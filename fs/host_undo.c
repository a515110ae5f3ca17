/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_undo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/step.h"
#include "fs/host_attributes.h"
#include "fs/host_exchange.h"
#include "fs/host_known.h"
#include "fs/host_part.h"
#include "fs/host_plan.h"
#include "fs/host_recover.h"
#include "fs/host_since.h"

struct host_undo {
	const struct host_undo_request *request;
	struct host_undo_result *result;
	struct arena *arena;
	struct journals journals;
	unsigned number;
	struct journal_state state;
	struct journal journal;
	struct host_exchange exchange;
	struct string_list mounts;
	struct host_since since;
	uint32_t *left;
	size_t left_count, undoable;
	unsigned char *spared; /* by directory: enum host_spared */
	size_t spared_count;   /* directories in conflict */
};

const char *host_undo_text(enum host_undo_conflict conflict)
{
	static const char *const texts[] = {
		[UNDO_NO_CONFLICT] = "none",
		[UNDO_CHANGED] = "changed since the commit",
		[UNDO_REPLACED] = "replaced since the commit",
		[UNDO_GONE] = "deleted since the commit",
		[UNDO_CREATED] = "made again since the commit",
		[UNDO_NO_PARENT] = "its directory is gone",
		[UNDO_MOUNTED] = "something is mounted there",
	};

	return texts[conflict];
}

/* Which one ------------------------------------------------------------------------------------ */

/* Looks for the last commit that is meant; its state is then in *state. 0: there is none. */
static int find(const struct journals *journals, const char *which, struct arena *arena,
		unsigned *number, struct journal_state *state, struct error *err)
{
	unsigned *numbers, wanted = which ? (unsigned)strtoul(which, NULL, 10) : 0;
	size_t count;

	*number = 0;
	if (journals_list(journals, arena, &numbers, &count, err) < 0)
		return -1;
	/* a container may be called like a number, which then comes second */
	for (int turn = wanted ? 0 : 1; turn < 2 && !*number; turn++) {
		for (size_t i = count; i-- > 0 && !*number;) {
			if (turn == 0 && numbers[i] != wanted)
				continue;
			if (journal_load_state(journals, numbers[i], arena, state, err) < 0) {
				if (err->errnum == ENOENT)
					continue;
				return -1;
			}
			if (state->phase == JOURNAL_COMMITTED &&
			    (turn == 0 || !which ||
			     (state->container && !strcmp(state->container, which))))
				*number = numbers[i];
		}
	}
	return 0;
}

static int fail_none(const char *which, struct error *err)
{
	if (which)
		return fail(err, ENOENT,
			    "%s: no commit to the host of that number or container "
			    "can be undone (see 'undo --list')",
			    which);
	return fail(err, ENOENT, "there is no commit to the host that can be undone");
}

static int open_commit(struct host_undo *undo, struct error *err)
{
	const struct host_undo_request *request = undo->request;

	if (journals_open(request->data_root, JOURNALS_WAIT, &undo->journals, err) < 0)
		return err->errnum == ENOENT ? fail_none(request->which, err) : -1;
	if (host_recover_pending(&undo->journals, err) < 0 ||
	    find(&undo->journals, request->which, undo->arena, &undo->number, &undo->state, err) <
		    0)
		return -1;
	if (!undo->number)
		return fail_none(request->which, err);
	if (journal_load(&undo->journals, undo->number, undo->arena, &undo->journal, err) < 0)
		return -1;
	undo->result->number = undo->number;
	undo->result->container = undo->state.container;
	undo->result->time = undo->state.time;
	return host_exchange_open(&undo->journal, &undo->state, undo->arena, &undo->exchange, err);
}

/* What is in the way --------------------------------------------------------------------------- */

static bool is_mounted(const struct host_undo *undo, const char *place)
{
	for (size_t i = 0; i < undo->mounts.count; i++)
		if (path_behind(undo->mounts.items[i], place))
			return true;
	return false;
}

/* What is at the path of an operation, against what the commit has left there. */
static int compare_place(struct host_undo *undo, const struct journal_operation *operation,
			 struct host_place *place, enum host_undo_conflict *conflict,
			 struct error *err)
{
	const char *name, *target = undo->journal.targets.items[operation->part];
	int dir = host_place_go(place, operation->path, &name), changed;
	struct stat status;

	*conflict = UNDO_NO_PARENT;
	if (dir < 0)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP
			       ? 0
			       : fail_errno(err, "%s", operation->path);
	*conflict = UNDO_MOUNTED;
	if (is_mounted(undo, host_path(undo->arena, target, operation->path)))
		return 0;
	*conflict = UNDO_NO_CONFLICT;
	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno != ENOENT)
			return fail_errno(err, "%s", operation->path);
		if (operation->new.inode)
			*conflict = UNDO_GONE;
		return 0;
	}
	if (!operation->new.inode || operation->new.inode != status.st_ino) {
		*conflict = operation->new.inode ? UNDO_REPLACED : UNDO_CREATED;
		return 0;
	}
	undo->since.target = target;
	changed = host_is_changed_below(&undo->since, dir, name, &status, err);
	if (changed < 0)
		return fail_in(err, "%s", operation->path);
	/* between its own exchange and the last one only these tell */
	if (!S_ISDIR(status.st_mode)) {
		struct journal_seen now = journal_see(&status);

		changed |= now.size != operation->new.size || now.mtime != operation->new.mtime ||
			   now.mtime_nanoseconds != operation->new.mtime_nanoseconds ||
			   now.mode != operation->new.mode;
	}
	if (changed)
		*conflict = UNDO_CHANGED;
	return 0;
}

static struct host_undo_item *add_item(struct host_undo *undo, uint32_t part, const char *path,
				       enum host_undo_conflict conflict)
{
	struct host_undo_item *item = &undo->result->items[undo->result->count++];
	bool final = conflict == UNDO_NO_PARENT || conflict == UNDO_MOUNTED;

	*item = (struct host_undo_item){
		.path = host_path(undo->arena, undo->journal.targets.items[part], path),
		.kind = DIFF_CHANGED,
		.conflict = conflict,
		.skipped = conflict && (final || !undo->request->force),
	};
	undo->result->skipped += item->skipped;
	return item;
}

static int look_at_operations(struct host_undo *undo, struct error *err)
{
	const struct journal *journal = &undo->journal;
	struct host_place place = HOST_PLACE(-1);
	int result = 0;

	for (size_t i = 0; result == 0 && i < journal->operations.count; i++) {
		const struct journal_operation *operation = &journal->operations.items[i];
		enum host_undo_conflict conflict;
		struct host_undo_item *item;

		if (journal_has(undo->state.undone.items, undo->state.undone.count, i))
			continue;
		if (place.root != undo->exchange.parts[operation->part]) {
			host_place_free(&place);
			place = HOST_PLACE(undo->exchange.parts[operation->part]);
		}
		result = compare_place(undo, operation, &place, &conflict, err);
		if (result < 0)
			break;
		item = add_item(undo, operation->part, operation->path, conflict);
		item->kind = !operation->old.inode  ? DIFF_DELETED
			     : operation->new.inode ? DIFF_CHANGED
						    : DIFF_ADDED;
		if (item->skipped)
			undo->left[undo->left_count++] = (uint32_t)i;
		else
			undo->undoable++;
	}
	host_place_free(&place);
	return result;
}

static int look_at_directory(struct host_undo *undo, size_t i, struct error *err)
{
	const struct journal_directory *directory = &undo->journal.directories.items[i];
	cleanup_fd int fd =
		host_open_directory(undo->exchange.parts[directory->part], directory->path);
	struct stat status;
	int old, new;

	undo->spared[i] = HOST_SPARED_ATTRIBUTES | HOST_SPARED_TIME;
	if (fd < 0 || fstat(fd, &status) < 0 || status.st_ino != directory->inode)
		return 0;
	/* what others have done in it since has its own time */
	undo->since.target = undo->journal.targets.items[directory->part];
	undo->spared[i] = host_is_changed(&undo->since, &status) ? HOST_SPARED_TIME : 0;
	if (!directory->attributes)
		return 0;
	old = host_attributes_match(fd, &directory->old, err);
	new = old < 0 ? -1 : host_attributes_match(fd, &directory->new, err);
	if (new < 0)
		return fail_in(err, "%s", directory->path);
	if (old) {
		undo->spared[i] |= HOST_SPARED_ATTRIBUTES; /* by an undo of a part, say */
		return 0;
	}
	if (add_item(undo, directory->part, directory->path, new ? UNDO_NO_CONFLICT : UNDO_CHANGED)
		    ->skipped) {
		undo->spared[i] |= HOST_SPARED_ATTRIBUTES;
		undo->spared_count++;
	}
	return 0;
}

static int look(struct host_undo *undo, struct error *err)
{
	const struct journal *journal = &undo->journal;

	undo->result->items = arena_array(undo->arena, struct host_undo_item,
					  journal->operations.count + journal->directories.count);
	undo->left = arena_array(undo->arena, uint32_t, journal->operations.count);
	undo->spared = arena_array(undo->arena, unsigned char, journal->directories.count);
	undo->since.time =
		(struct timespec){ undo->state.settled, undo->state.settled_nanoseconds };
	if (host_mounts_read(undo->arena, &undo->mounts, err) < 0 ||
	    host_known_read(&undo->journals, NULL, NULL, undo->arena, &undo->since, err) < 0 ||
	    look_at_operations(undo, err) < 0)
		return -1;
	for (size_t i = 0; i < journal->directories.count; i++)
		if (look_at_directory(undo, i, err) < 0)
			return -1;
	return 0;
}

/* The undo ------------------------------------------------------------------------------------- */

static int begin(struct host_undo *undo, struct error *err)
{
	undo->state.phase = JOURNAL_UNDOING;
	undo->state.left.items = undo->left;
	undo->state.left.count = undo->left_count;
	undo->state.spared.items =
		arena_array(undo->arena, uint32_t, undo->journal.directories.count);
	undo->state.spared.count = 0;
	for (size_t i = 0; i < undo->journal.directories.count; i++)
		if (undo->spared[i] & HOST_SPARED_ATTRIBUTES)
			undo->state.spared.items[undo->state.spared.count++] = (uint32_t)i;
	if (journals_set_pending(&undo->journals, undo->number, err) < 0)
		return -1;
	return journal_save_state(&undo->journals, undo->number, &undo->state, err);
}

static int put_back(struct host_undo *undo, struct error *err)
{
	undo->state.phase = JOURNAL_UNDOING;
	/*
	 * The commit point may be behind us: a power cut must find that it is not any more. Here the
	 * undone ones are those of earlier undos only: see finish().
	 */
	if (journal_save_state(&undo->journals, undo->number, &undo->state, err) < 0 ||
	    host_roll_forward(&undo->journals, undo->number, &undo->exchange, &undo->state, err) <
		    0)
		return -1; /* stays pending */
	return journals_set_pending(&undo->journals, 0, err);
}

static int exchange(struct host_undo *undo, struct error *err)
{
	const struct host_subset subset = {
		.undone = undo->state.undone.items,
		.undone_count = undo->state.undone.count,
		.left = undo->left,
		.left_count = undo->left_count,
	};

	if (host_exchange_move(&undo->exchange, &subset, false, err) < 0 ||
	    host_exchange_directories(&undo->exchange, false, undo->spared, err) < 0)
		return -1;
	host_exchange_settle(&undo->exchange, &undo->state);
	return host_exchange_sync(&undo->exchange, err);
}

/* The commit point of the undo: all operations but those left alone are undone. */
static int finish(struct host_undo *undo, struct error *err)
{
	size_t count = undo->journal.operations.count, undone = 0;
	uint32_t *items = arena_array(undo->arena, uint32_t, count);
	struct journal_state state = undo->state;

	for (size_t i = 0; i < count; i++)
		if (!journal_has(undo->left, undo->left_count, i))
			items[undone++] = (uint32_t)i;
	state.undone.items = items;
	state.phase = undo->left_count || undo->spared_count ? JOURNAL_COMMITTED : JOURNAL_UNDONE;
	state.undone.count = state.phase == JOURNAL_COMMITTED ? undone : 0;
	state.left.count = 0;
	state.spared.count = 0;
	if (journal_save_state(&undo->journals, undo->number, &state, err) < 0)
		return -1;
	/* a failure of what comes now takes nothing back */
	undo->state = state;
	return 0;
}

STEPS(host_undo);

static const struct host_undo_step look_steps[] = {
	{ "commit", open_commit, NULL },
	{ "look", look, NULL },
};

static const struct host_undo_step undo_steps[] = {
	{ "undoing", begin, put_back },
	{ "undo", exchange, NULL },
	{ "undone", finish, NULL },
};

/* Behind the commit point: the new files go. */
static int clean_up(struct host_undo *undo, struct error *err)
{
	if (undo->state.phase == JOURNAL_UNDONE &&
	    (host_remove_areas(&undo->state, err) < 0 ||
	     journal_save_state(&undo->journals, undo->number, &undo->state, err) < 0))
		return -1;
	return journals_set_pending(&undo->journals, 0, err);
}

int host_undo(const struct host_undo_request *request, struct arena *arena,
	      struct host_undo_result *result, struct error *err)
{
	struct host_undo undo = {
		.request = request,
		.result = result,
		.arena = arena,
		.journals = JOURNALS_NONE,
	};
	int done;

	*result = (struct host_undo_result){ 0 };
	done = host_undo_run(look_steps, ARRAY_SIZE(look_steps), &undo, err);
	if (done == 0 && !request->dry_run && result->skipped < result->count) {
		done = host_undo_run(undo_steps, ARRAY_SIZE(undo_steps), &undo, err);
		if (done == 0)
			done = clean_up(&undo, err);
	}
	host_exchange_close(&undo.exchange);
	journals_close(&undo.journals);
	return done;
}

/* The others ----------------------------------------------------------------------------------- */

int host_undo_list(const char *data_root, struct arena *arena, struct host_undo_entry **entries,
		   size_t *count, struct error *err)
{
	cleanup_journals struct journals journals = JOURNALS_NONE;
	unsigned *numbers;
	size_t all;

	*count = 0;
	if (journals_open(data_root, JOURNALS_LOOK, &journals, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	if (journals_list(&journals, arena, &numbers, &all, err) < 0)
		return -1;
	*entries = arena_array(arena, struct host_undo_entry, all);
	for (size_t i = 0; i < all; i++) {
		struct host_undo_entry *entry = &(*entries)[*count];

		entry->number = numbers[i];
		if (journal_load_state(&journals, numbers[i], arena, &entry->state, err) < 0) {
			if (err->errnum == ENOENT)
				continue;
			return -1;
		}
		if (entry->state.phase == JOURNAL_COMMITTED)
			(*count)++;
	}
	return 0;
}

static int drop(const struct journals *journals, unsigned number, struct journal_state *state,
		struct error *err)
{
	state->phase = JOURNAL_DROPPED;
	if (journals_set_pending(journals, number, err) < 0 ||
	    journal_save_state(journals, number, state, err) < 0 ||
	    step_point("dropped", err) < 0 || host_remove_areas(state, err) < 0 ||
	    journal_save_state(journals, number, state, err) < 0)
		return -1;
	return journals_set_pending(journals, 0, err);
}

int host_undo_drop(const char *data_root, const char *which, size_t *dropped, struct error *err)
{
	cleanup_journals struct journals journals = JOURNALS_NONE;
	cleanup_arena struct arena arena = { 0 };
	struct journal_state state;
	unsigned number;

	*dropped = 0;
	if (journals_open(data_root, JOURNALS_WAIT, &journals, err) < 0) {
		if (err->errnum != ENOENT)
			return -1;
		return which ? fail_none(which, err) : 0;
	}
	if (host_recover_pending(&journals, err) < 0)
		return -1;
	do {
		if (find(&journals, which, &arena, &number, &state, err) < 0)
			return -1;
		if (!number)
			break;
		if (drop(&journals, number, &state, err) < 0)
			return -1;
		(*dropped)++;
	} while (!which);
	return which && !*dropped ? fail_none(which, err) : 0;
}

int host_undo_tidy(const char *data_root, bool (*exists)(const char *container, void *context),
		   void *context, struct error *err)
{
	cleanup_journals struct journals journals = JOURNALS_NONE;
	cleanup_arena struct arena arena = { 0 };
	struct journal_state state;
	unsigned *numbers;
	size_t count;

	if (journals_open(data_root, JOURNALS_TRY, &journals, err) < 0)
		return err->errnum == ENOENT || err->errnum == EWOULDBLOCK ? 0 : -1;
	if (host_recover_pending(&journals, err) < 0 ||
	    journals_list(&journals, &arena, &numbers, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (journal_load_state(&journals, numbers[i], &arena, &state, err) < 0) {
			/* a crash between its folder and its state */
			if (err->errnum != ENOENT ||
			    journals_remove(&journals, numbers[i], err) < 0)
				return -1;
			continue;
		}
		if ((state.phase != JOURNAL_UNDONE && state.phase != JOURNAL_DROPPED) ||
		    (state.container && exists(state.container, context)))
			continue;
		if (journals_remove(&journals, numbers[i], err) < 0)
			return -1;
	}
	return 0;
}
