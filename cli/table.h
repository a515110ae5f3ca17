/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdio.h>

#include "base/arena.h"

/*
 * Tables for people: columns as wide as their widest cell, a line of titles above.
 *
 *	struct table table = TABLE(arena, "ID", "STATUS");
 *	table_add(&table, "web", "running");
 *	table_print(&table, stdout);
 */

#define TABLE_MAX_COLUMNS 9

struct table {
	struct arena *arena;
	const char **rows[TABLE_MAX_COLUMNS]; /* by column */
	size_t columns, count, room;
};

#define TABLE(arena, ...) table_new(arena, (const char *const[]){ __VA_ARGS__, NULL })
#define table_add(table, ...) table_add_row(table, (const char *const[]){ __VA_ARGS__ })

struct table table_new(struct arena *arena, const char *const *titles);

/* As many cells as there are titles; NULL is shown as "-". The strings are kept, not copied. */
void table_add_row(struct table *table, const char *const *cells);

/* Control characters are shown as '?', so that no container can write to the terminal. */
void table_print(const struct table *table, FILE *out);

/* The forms of output that --format chooses from; its words are for OPTION_WORD. */
enum format { FORMAT_TABLE, FORMAT_JSON };

extern const char *const format_words[];
