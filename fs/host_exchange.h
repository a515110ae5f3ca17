/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "fs/host_area.h"
#include "fs/host_journal.h"

/*
 * The one primitive of commits to the host, their undo and their recovery: exchange what is at the
 * paths of a journal with what is in their slots.
 *
 * Every path is resolved beneath the part without following any link (openat2(2)), the last
 * component is never followed, and only names are moved: whoever can write to one of the
 * directories can make an exchange fail, but not send it elsewhere.
 */
struct host_exchange {
	const struct journal *journal;
	int *parts, *areas; /* descriptors; -1: not open */
	size_t part_count, area_count;
};

/* Opens the parts of a journal and its areas, for an undo or a recovery. */
int host_exchange_open(const struct journal *journal, const struct journal_state *state,
		       struct arena *arena, struct host_exchange *exchange, struct error *err);
void host_exchange_close(struct host_exchange *exchange);

/* Whether all is on the host as the journal has seen it. EBUSY names what is not. */
int host_exchange_check(const struct host_exchange *exchange, struct error *err);

/*
 * Does all operations for the first time: new names first, then replacements, then deletions. Stops
 * with EBUSY at what somebody has changed since the check.
 */
int host_exchange_run(const struct host_exchange *exchange, struct error *err);

/* A subset of the operations: not those that have been undone, and not those to be left alone. */
struct host_subset {
	const uint32_t *undone, *left;
	size_t undone_count, left_count;
	/*
	 * For what must not stop half-way, whoever is in its way: goes on behind what fails, whose
	 * first error is then returned, and passes over what is in a directory that is gone.
	 */
	bool persistent;
};

/*
 * Brings every operation of the subset to the state done (forward) or not done, whichever it is in.
 * What the host has there meanwhile, if anything, goes into the slot.
 */
int host_exchange_move(const struct host_exchange *exchange, const struct host_subset *subset,
		       bool forward, struct error *err);

/* What of a directory is left alone. */
enum host_spared { HOST_SPARED_ATTRIBUTES = 1, HOST_SPARED_TIME = 2 };

/*
 * Gives the directories their new attributes and times, or the old ones. spared (may be NULL) has
 * for each what is left alone (enum host_spared). One that is gone, or is another one, is left
 * alone too.
 */
int host_exchange_directories(const struct host_exchange *exchange, bool forward,
			      const unsigned char *spared, struct error *err);

/* Makes all of it durable. */
int host_exchange_sync(const struct host_exchange *exchange, struct error *err);

/* The latest time of change of what is in place now: see journal_state.settled. */
void host_exchange_settle(const struct host_exchange *exchange, struct journal_state *state);
