/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "net/name_record.h"

/* The file of names of a network's folder, as names.c and names_publish.c share it. */

/*
 * The lock of a folder's names, held until the descriptor is closed, which is the caller's. A
 * network's is held for a few system calls only; that of the folder above while names are published.
 */
int names_lock(int folder, struct error *err);

/* Without a lock: a line is written by one write. No file is no records. */
int names_read(struct arena *arena, int folder, struct name_records *records, struct error *err);

/* With the lock, as all that follows. Returns a descriptor to write to. */
int names_open(int folder, struct error *err);
int names_set_state(int fd, const struct name_record *record, enum name_state state,
		    struct error *err);

/* Adds what others than id have as lines to a list with room for them. Pure. */
void names_add_others(struct arena *arena, const struct name_records *records, const char *id,
		      struct string_list *lines);
