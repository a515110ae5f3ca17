/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * The names in directories, with the kind of each as readdir(3) tells it. A buffer to use again and
 * again: starts as { 0 }, ends with name_list_free().
 */
struct name_list {
	/* a byte of kind and then the name, one behind the other; order has where they begin */
	char *text;
	size_t used, room;
	size_t *order;
	size_t count, order_room;
};

void name_list_clear(struct name_list *list);

/*
 * Adds the names in the directory fd (for reading, wherever its offset is), but for "." and "..".
 * With a limit only if they are few, that is, fit a buffer of 32 KiB: returns 1 if they are more,
 * and the list then has some of them.
 */
int name_list_read(struct name_list *list, int fd, bool limit, struct error *err);

/* Sorts by bytes and drops repetitions, any kind of which stays. */
void name_list_sort(struct name_list *list);

/* Whether the sorted list has name. */
bool name_list_has(const struct name_list *list, const char *name);

static inline const char *name_list_name(const struct name_list *list, size_t index)
{
	return list->text + list->order[index] + 1;
}

/* DT_REG, DT_DIR, ..., DT_UNKNOWN */
static inline unsigned char name_list_kind(const struct name_list *list, size_t index)
{
	return (unsigned char)list->text[list->order[index]];
}

void name_list_free(struct name_list *list);
