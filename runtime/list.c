/* SPDX-License-Identifier: Apache-2.0 */
/* Which containers there are. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/path.h"
#include "runtime/container.h"
#include "runtime/handle.h"
#include "runtime/overview.h"

static void add_name(struct arena *arena, struct string_list *names, const char *name)
{
	/* room for a power of two, from 64 on */
	if (names->count % 64 == 0 && !(names->count & (names->count - 1))) {
		char **larger = arena_array(arena, char *, 2 * names->count + 64);

		if (names->count)
			memcpy(larger, names->items, names->count * sizeof(char *));
		names->items = larger;
	}
	names->items[names->count++] = arena_strdup(arena, name);
}

/* Adds the IDs that have a folder below path; a path that is not there has none. */
static int read_names(struct arena *arena, const char *path, struct string_list *names,
		      struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(AT_FDCWD, path, err);
	struct dirent *entry;

	if (!dir)
		return err->errnum == ENOENT ? 0 : -1;
	while (errno = 0, (entry = readdir(dir)))
		if (entry->d_type != DT_REG && path_is_plain_name(entry->d_name))
			add_name(arena, names, entry->d_name);
	return errno ? fail_errno(err, "read %s", path) : 0;
}

static int compare_names(const void *left, const void *right)
{
	char *const *a = left, *const *b = right;

	return strcmp(*a, *b);
}

static int compare_created(const void *left, const void *right)
{
	const struct container_info *a = left, *b = right;
	int order = strcmp(a->created, b->created);

	return order ? order : strcmp(a->id, b->id);
}

int container_names(const struct settings *settings, struct arena *arena, struct string_list *names,
		    struct error *err)
{
	struct string_list kept = { 0 };
	size_t running;

	*names = (struct string_list){ 0 };
	if (read_names(arena, settings->root, names, err) < 0 ||
	    read_names(arena, handle_data_path(arena, settings), &kept, err) < 0)
		return -1;
	running = names->count;
	if (kept.count && running)
		qsort(names->items, running, sizeof(char *), compare_names);
	for (size_t i = 0; i < kept.count; i++)
		if (!running ||
		    !bsearch(&kept.items[i], names->items, running, sizeof(char *), compare_names))
			add_name(arena, names, kept.items[i]);
	return 0;
}

static void sort(struct container_info *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (compare_created(&items[i - 1], &items[i]) > 0) {
			qsort(items, count, sizeof(*items), compare_created);
			return;
		}
}

int container_list(const struct settings *settings, struct arena *arena,
		   struct container_info **items, size_t *count, struct error *err)
{
	struct string_list names;

	*count = 0;
	*items = NULL;
	if (container_names(settings, arena, &names, err) < 0)
		return -1;
	if (names.count)
		*items = overview(settings, &names, arena, count);
	sort(*items, *count);
	return 0;
}
