/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/snapshot_list.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/timestamp.h"
#include "specs/schema.h"

#define MAX_SIZE ((size_t)16 << 20)

/* clang-format off */
SCHEMA(snapshot,
       UINT(snapshot, number, "number", .flags = REQUIRED),
       STRING(snapshot, created, "created"),
       STRING(snapshot, message, "message"),
       STRINGS(snapshot, layers, "layers"));

SCHEMA(snapshot_list,
       UINT(snapshot_list, last, "last"),
       OBJECTS(snapshot_list, snapshots, "snapshots", snapshot));
/* clang-format on */

int snapshot_list_load(struct arena *arena, int data, struct snapshot_list *list, struct error *err)
{
	char *text;
	size_t size;

	*list = (struct snapshot_list){ 0 };
	if (file_read_at(data, SNAPSHOTS_FILE, MAX_SIZE, arena, &text, &size, err) < 0)
		return err->errnum == ENOENT ? 0 : -1;
	return schema_decode(&snapshot_list_schema, arena, SNAPSHOTS_FILE, text, size, list, err);
}

int snapshot_list_save(struct arena *arena, int data, const struct snapshot_list *list,
		       struct error *err)
{
	size_t size;
	const char *text = schema_encode(&snapshot_list_schema, arena, list, JSON_COMPACT, &size);

	return file_replace_at(data, SNAPSHOTS_FILE, text, size, 0600, true, err);
}

uint64_t snapshot_list_add(struct arena *arena, struct snapshot_list *list,
			   const struct string_list *layers, const char *message)
{
	size_t count = list->snapshots.count;
	struct snapshot *items = arena_array(arena, struct snapshot, count + 1);
	char now[TIMESTAMP_SIZE];

	if (count)
		memcpy(items, list->snapshots.items, count * sizeof(*items));
	items[count] = (struct snapshot){
		.number = ++list->last,
		.created = arena_strdup(arena, timestamp_now(now)),
		.message = arena_strdup(arena, message),
		.layers = *layers,
	};
	list->snapshots.items = items;
	list->snapshots.count = count + 1;
	return list->last;
}

struct snapshot *snapshot_list_find(const struct snapshot_list *list, uint64_t number)
{
	for (size_t i = 0; i < list->snapshots.count; i++)
		if (list->snapshots.items[i].number == number)
			return &list->snapshots.items[i];
	return NULL;
}

void snapshot_list_drop(struct snapshot_list *list, const struct snapshot *snapshot)
{
	size_t index = (size_t)(snapshot - list->snapshots.items);

	list->snapshots.count--;
	memmove(list->snapshots.items + index, list->snapshots.items + index + 1,
		(list->snapshots.count - index) * sizeof(*snapshot));
}
