/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * Changes of the /etc/hosts that a container has already, as members of its networks come and go.
 *
 * The file is bind-mounted, so it is written in place and never replaced. A resolver may be reading
 * it line by line at any moment: a line that stays is not moved. One that goes is overwritten with
 * spaces, and that is the place of one that comes and is not longer. What the container itself has
 * written stays as it is.
 */

#define HOSTS_FILE_MAX ((size_t)1 << 20) /* bytes; what is longer is left alone */

/* Lines that are to be in a file, or not; add counts more than remove. */
struct hosts_change {
	struct string_list add, remove;
};

struct hosts_write {
	size_t offset, size;
	const char *bytes; /* in the arena */
};

struct hosts_edit {
	struct hosts_write *writes;
	size_t count;
	size_t size; /* of the file behind them; smaller than it was: it is cut off there */
};

/* Sorts the lines of a change, which hosts_edit_plan() asks for. */
void hosts_change_sort(struct hosts_change *change);

/* What is to be written so that a file of this text has the change. Pure. */
void hosts_edit_plan(struct arena *arena, const char *text, size_t size,
		     const struct hosts_change *change, struct hosts_edit *edit);

/*
 * The same without reading the file, for a change of one line, as most are. One that comes is put at
 * the end, so it may not be there yet. One that goes is looked for where it was in the file before:
 * distance bytes from the end, which hosts_edit_find() has told (0: nobody): most files of a network
 * have the same lines there. Returns 1, or 0: that is not so here, and nothing was written.
 */
int hosts_edit_quick(int fd, size_t size, const struct hosts_change *change, size_t distance,
		     struct error *err);

/* How far from the end of the text the line begins; 0: it is not there. Pure. */
size_t hosts_edit_find(const char *text, size_t size, const char *line);

/* Writes it into the file fd, whose size was old_size. */
int hosts_edit_apply(int fd, size_t old_size, const struct hosts_edit *edit, struct error *err);
