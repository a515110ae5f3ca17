/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* What lies in a folder of the store whose names are digests: for store_check(). */
struct store_item {
	const char *name; /* 64 hexadecimal digits */
	int64_t size;	  /* of a file; -1: it is none */
	enum { ITEM_UNKNOWN, ITEM_WHOLE, ITEM_DAMAGED } state;
	const char *diff_id; /* that a layer's archive was found to have; NULL: not looked at */
	bool used;
};

struct store_items {
	struct store_item *items; /* sorted by name */
	size_t count, room;
	size_t temporary; /* files and folders that nobody holds any more */
	size_t strange;	  /* names that are neither */
};

int store_items_read(struct store_items *items, struct arena *arena, int folder, struct error *err);

/* NULL: it is not there. */
struct store_item *store_items_find(const struct store_items *items, const char *name);
