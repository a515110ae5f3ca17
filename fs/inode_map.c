/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/inode_map.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* Open addressing, at most three quarters full, a power of two of slots. */
struct inode_name {
	dev_t device;
	ino_t inode;
	const char *name; /* NULL: free */
};

static size_t find(const struct inode_map *map, dev_t device, ino_t inode)
{
	uint64_t hash = ((uint64_t)inode ^ ((uint64_t)device << 48)) * 0x9e3779b97f4a7c15ULL;
	size_t at = (size_t)(hash >> 20) & (map->room - 1);

	while (map->slots[at].name &&
	       (map->slots[at].inode != inode || map->slots[at].device != device))
		at = (at + 1) & (map->room - 1);
	return at;
}

const char *inode_map_get(const struct inode_map *map, dev_t device, ino_t inode)
{
	return map->room ? map->slots[find(map, device, inode)].name : NULL;
}

static int grow(struct inode_map *map, struct error *err)
{
	struct inode_map larger = { .room = map->room ? 2 * map->room : 256 };

	larger.slots = calloc(larger.room, sizeof(*larger.slots));
	if (!larger.slots)
		return fail(err, ENOMEM, "hard links: out of memory");
	for (size_t i = 0; i < map->room; i++)
		if (map->slots[i].name)
			larger.slots[find(&larger, map->slots[i].device, map->slots[i].inode)] =
				map->slots[i];
	larger.count = map->count;
	free(map->slots);
	*map = larger;
	return 0;
}

int inode_map_put(struct inode_map *map, dev_t device, ino_t inode, const char *name,
		  struct error *err)
{
	if (4 * (map->count + 1) > 3 * map->room && grow(map, err) < 0)
		return -1;
	map->slots[find(map, device, inode)] = (struct inode_name){ device, inode, name };
	map->count++;
	return 0;
}

void inode_map_free(struct inode_map *map)
{
	free(map->slots);
	*map = (struct inode_map){ 0 };
}
