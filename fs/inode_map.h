/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "base/error.h"

/* Which name a file was met under first, for hard links. Starts as { 0 }. */
struct inode_map {
	struct inode_name *slots;
	size_t count, room;
};

/* Returns the name, or NULL. */
const char *inode_map_get(const struct inode_map *map, dev_t device, ino_t inode);
/* Keeps the pointer; the inode is new to the map. */
int inode_map_put(struct inode_map *map, dev_t device, ino_t inode, const char *name,
		  struct error *err);
void inode_map_free(struct inode_map *map);
