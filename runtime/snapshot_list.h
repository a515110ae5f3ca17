/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * snapshots.json in a container's data folder: its numbered snapshots. One is nothing but a list
 * of the own layers (runtime/uppers.h) that the container had below an empty writable one.
 */
#define SNAPSHOTS_FILE "snapshots.json"

struct snapshot {
	uint64_t number;
	char *created;		   /* RFC 3339 */
	char *message;		   /* NULL: none */
	struct string_list layers; /* absolute, topmost first */
};

struct snapshot_list {
	uint64_t last; /* the highest number that was ever given: none is given twice */
	struct {
		struct snapshot *items;
		size_t count;
	} snapshots; /* oldest first */
};

/* Reads that of the folder; without the file it is empty. */
int snapshot_list_load(struct arena *arena, int data, struct snapshot_list *list,
		       struct error *err);
/* Writes it durably. */
int snapshot_list_save(struct arena *arena, int data, const struct snapshot_list *list,
		       struct error *err);

/* Adds one, made now, and returns its number. The strings are shared. */
uint64_t snapshot_list_add(struct arena *arena, struct snapshot_list *list,
			   const struct string_list *layers, const char *message);

/* Finds one by number. NULL: there is none. */
struct snapshot *snapshot_list_find(const struct snapshot_list *list, uint64_t number);

/* Takes one out. */
void snapshot_list_drop(struct snapshot_list *list, const struct snapshot *snapshot);
