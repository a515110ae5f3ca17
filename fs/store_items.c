/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/store_items.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "fs/temporary.h"

static int compare(const void *one, const void *other)
{
	return strcmp(((const struct store_item *)one)->name,
		      ((const struct store_item *)other)->name);
}

struct store_item *store_items_find(const struct store_items *items, const char *name)
{
	const struct store_item wanted = { .name = name };

	if (!items->count)
		return NULL;
	return bsearch(&wanted, items->items, items->count, sizeof(wanted), compare);
}

static bool is_held(int dir, const char *name)
{
	cleanup_fd int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
}

static bool is_hex(const char *name)
{
	return strlen(name) == 64 && strspn(name, "0123456789abcdef") == 64;
}

static void add(struct store_items *items, struct arena *arena, int dir, const char *name)
{
	struct stat status;

	if (fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (items->count == items->room) {
		struct store_item *larger;

		items->room = 2 * items->room + 64;
		larger = arena_array(arena, struct store_item, items->room);
		if (items->count)
			memcpy(larger, items->items, items->count * sizeof(*larger));
		items->items = larger;
	}
	items->items[items->count++] = (struct store_item){
		.name = arena_strdup(arena, name),
		.size = S_ISREG(status.st_mode) ? status.st_size : -1,
	};
}

int store_items_read(struct store_items *items, struct arena *arena, int folder, struct error *err)
{
	cleanup_dir DIR *dir = open_dir_at(folder, ".", err);
	struct dirent *entry;

	*items = (struct store_items){ 0 };
	if (!dir)
		return -1;
	while (errno = 0, entry = readdir(dir)) {
		const char *name = entry->d_name;

		if (temporary_is(name))
			items->temporary += !is_held(folder, name);
		else if (is_hex(name))
			add(items, arena, folder, name);
		else if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			items->strange++;
	}
	if (errno)
		return fail_errno(err, "read a folder of the store");
	if (items->count)
		qsort(items->items, items->count, sizeof(*items->items), compare);
	return 0;
}
