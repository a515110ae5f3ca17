/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "specs/events.h"

/*
 * For the files of this folder that fill struct stats: reads files of a directory where each may
 * be absent. What is absent reads as empty.
 */

struct stats_reader {
	int dirfd;
	struct arena *arena;
	struct error *err;
};

int stats_read_text(const struct stats_reader *reader, const char *name, char **text);
int stats_read_value(const struct stats_reader *reader, const char *name, uint64_t *value);
int stats_read_pairs(const struct stats_reader *reader, const char *name, struct uint_map *pairs);
int stats_read_psi(const struct stats_reader *reader, const char *name, struct psi_stats **psi);

/* Where there is no pids controller the tasks are counted (stats.c). */
int stats_read_pids(const struct stats_reader *reader, struct pids_stats *pids);
