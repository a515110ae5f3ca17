/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_recover.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/step.h"
#include "fs/host_commit.h"
#include "fs/host_part.h"

/* What removing .ctr-undo has done to the directory that it was in. */
static void settle_above(int part, struct journal_area *area)
{
	char *path = strndup(area->path, host_area_above(area->path));
	cleanup_fd int fd = path ? host_open_directory(part, path) : -1;
	struct stat status;

	free(path);
	if (fd < 0 || fstat(fd, &status) < 0)
		return;
	area->settled = status.st_ctim.tv_sec;
	area->settled_nanoseconds = (uint32_t)status.st_ctim.tv_nsec;
}

int host_remove_areas(struct journal_state *state, struct error *err)
{
	for (size_t i = 0; i < state->areas.count; i++) {
		struct journal_area *area = &state->areas.items[i];
		const char *target = state->targets.items[area->part];
		cleanup_fd int part = layer_open(target, err);

		if (part < 0 && err->errnum == ENOENT)
			continue; /* with all that was in it */
		if (part < 0 || host_area_remove(part, area->path, err) < 0)
			return fail_in(err, "%s", target);
		settle_above(part, area);
		if (step_point("remove", err) < 0)
			return -1;
	}
	return 0;
}

/* Whether a slot has what the commit had put there, or nothing; else the host's own is there. */
static bool is_ours(int area, size_t i, const struct journal_operation *operation)
{
	struct stat status;
	char slot[24];

	snprintf(slot, sizeof(slot), "%zu", i);
	if (fstatat(area, slot, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT;
	return journal_is_same(&operation->new, &status);
}

void host_spare_areas(unsigned number, const struct host_exchange *exchange,
		      struct journal_state *state)
{
	const struct journal *journal = exchange->journal;
	size_t kept = 0;

	for (size_t a = 0; a < state->areas.count; a++) {
		const struct journal_area area = state->areas.items[a];
		const char *target = state->targets.items[area.part];
		bool spared = false;

		for (size_t i = 0; i < journal->operations.count; i++) {
			const struct journal_operation *operation = &journal->operations.items[i];

			if (operation->area != a || is_ours(exchange->areas[a], i, operation))
				continue;
			spared = true;
			log_warning("commit %u: %s: others have changed it or moved its directory: "
				    "what is not in place is kept as %s%s/%zu",
				    number, operation->path, strcmp(target, "/") ? target : "",
				    area.path, i);
		}
		if (!spared)
			state->areas.items[kept++] = area;
	}
	state->areas.count = kept;
}

int host_forget(const struct journals *journals, unsigned number, struct journal_state *state,
		struct error *err)
{
	state->phase = JOURNAL_UNDONE;
	if (journal_save_state(journals, number, state, err) < 0 ||
	    host_remove_areas(state, err) < 0)
		return -1;
	return journal_save_state(journals, number, state, err);
}

int host_roll_back(const struct journals *journals, unsigned number,
		   const struct host_exchange *exchange, struct journal_state *state,
		   struct error *err)
{
	const struct host_subset all = { .persistent = true };

	if (host_exchange_move(exchange, &all, false, err) < 0 ||
	    host_exchange_directories(exchange, false, NULL, err) < 0)
		return fail_in(err, "commit %u: roll back", number);
	host_exchange_settle(exchange, state);
	if (host_exchange_sync(exchange, err) < 0)
		return fail_in(err, "commit %u: roll back", number);
	host_spare_areas(number, exchange, state);
	return host_forget(journals, number, state, err);
}

int host_roll_forward(const struct journals *journals, unsigned number,
		      const struct host_exchange *exchange, struct journal_state *state,
		      struct error *err)
{
	const struct host_subset subset = {
		.undone = state->undone.items,
		.undone_count = state->undone.count,
		.left = state->left.items,
		.left_count = state->left.count,
		.persistent = true,
	};
	cleanup_arena struct arena arena = { 0 };
	size_t directories = exchange->journal->directories.count;
	unsigned char *spared = arena_array(&arena, unsigned char, directories);

	for (size_t i = 0; i < directories; i++)
		spared[i] = journal_has(state->spared.items, state->spared.count, i)
				    ? HOST_SPARED_ATTRIBUTES | HOST_SPARED_TIME
				    : 0;
	if (host_exchange_move(exchange, &subset, true, err) < 0 ||
	    host_exchange_directories(exchange, true, spared, err) < 0)
		return fail_in(err, "commit %u: take back its undo", number);
	host_exchange_settle(exchange, state);
	if (host_exchange_sync(exchange, err) < 0)
		return fail_in(err, "commit %u: take back its undo", number);
	state->phase = JOURNAL_COMMITTED;
	state->left.count = 0;
	state->spared.count = 0;
	return journal_save_state(journals, number, state, err);
}

static int recover_exchanges(const struct journals *journals, unsigned number,
			     struct journal_state *state, struct arena *arena, struct error *err)
{
	struct host_exchange exchange;
	struct journal journal;
	int result;

	if (journal_load(journals, number, arena, &journal, err) < 0)
		return -1;
	result = host_exchange_open(&journal, state, arena, &exchange, err);
	if (result == 0)
		result = state->phase == JOURNAL_COMMITTING
				 ? host_roll_back(journals, number, &exchange, state, err)
				 : host_roll_forward(journals, number, &exchange, state, err);
	host_exchange_close(&exchange);
	return result;
}

static int recover(const struct journals *journals, unsigned number, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	struct journal_state state;

	if (journal_load_state(journals, number, &arena, &state, err) < 0)
		/* removed, but for the link to it */
		return err->errnum == ENOENT ? journals_remove(journals, number, err) : -1;
	switch (state.phase) {
	case JOURNAL_STAGING:
		return host_forget(journals, number, &state, err);
	case JOURNAL_COMMITTING:
		log_warning("commit %u to the host was interrupted: it is taken back", number);
		return recover_exchanges(journals, number, &state, &arena, err);
	case JOURNAL_UNDOING:
		log_warning("the undo of commit %u was interrupted: it is taken back", number);
		return recover_exchanges(journals, number, &state, &arena, err);
	case JOURNAL_UNDONE:
	case JOURNAL_DROPPED:
		if (host_remove_areas(&state, err) < 0)
			return -1;
		return journal_save_state(journals, number, &state, err);
	default:
		return 0;
	}
}

int host_recover_pending(const struct journals *journals, struct error *err)
{
	unsigned number;

	if (journals_read_pending(journals, &number, err) < 0)
		return -1;
	if (!number)
		return 0;
	if (recover(journals, number, err) < 0)
		return fail_in(err, "recover commit %u to the host", number);
	return journals_set_pending(journals, 0, err);
}

int host_recover(const char *data_root, struct error *err)
{
	cleanup_journals struct journals journals = JOURNALS_NONE;

	if (!journals_pending(data_root))
		return 0;
	if (journals_open(data_root, JOURNALS_TRY, &journals, err) < 0)
		return err->errnum == EWOULDBLOCK ? 0 : -1;
	return host_recover_pending(&journals, err);
}
