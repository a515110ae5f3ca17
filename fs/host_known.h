/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "fs/host_journal.h"
#include "fs/host_since.h"

/*
 * Adds to since what its moment's owner need not take for changes by others, though their time of
 * change is later: what commits of the same container (and their undos) have put in place, and what
 * any undo has put back that was older than the moment. container may be NULL: nobody's.
 */
int host_known_read(const struct journals *journals, const char *container, const char *created,
		    struct arena *arena, struct host_since *since, struct error *err);
