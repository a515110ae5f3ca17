/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/error.h"
#include "fs/host_exchange.h"
#include "fs/host_journal.h"

/* The parts of host_recover() that commit and undo use themselves. Under the journals' lock. */

/* Recovers what is pending, if anything is. */
int host_recover_pending(const struct journals *journals, struct error *err);

/* Takes a commit back that is in phase "committing". */
int host_roll_back(const struct journals *journals, unsigned number,
		   const struct host_exchange *exchange, struct journal_state *state,
		   struct error *err);

/* Puts what an undo in phase "undoing" has moved in place again; the phase is then "committed". */
int host_roll_forward(const struct journals *journals, unsigned number,
		      const struct host_exchange *exchange, struct journal_state *state,
		      struct error *err);

/*
 * Of a commit that was taken back: takes those areas out of state, so that they are not removed, in
 * which something of the host's own has remained, and tells of it: an old file whose directory is
 * gone, or what was changed behind the exchange.
 */
void host_spare_areas(unsigned number, const struct host_exchange *exchange,
		      struct journal_state *state);

/* Removes the areas of a commit, and notes in state when the directories that had them settled. */
int host_remove_areas(struct journal_state *state, struct error *err);

/*
 * Removes the areas of a commit of which nothing is to be seen (any more). Its phase is then
 * "undone".
 */
int host_forget(const struct journals *journals, unsigned number, struct journal_state *state,
		struct error *err);
