/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/try_mounts.h"

#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "base/sys.h"

void try_add_place(struct try_pieces *pieces, const char *path, const struct stat *status,
		   const char *link)
{
	struct skeleton *skeleton = pieces->skeleton;

	if (skeleton->count == pieces->skeleton_room) {
		size_t room = 2 * pieces->skeleton_room + 64;
		struct skeleton_entry *larger =
			arena_array(pieces->arena, struct skeleton_entry, room);

		if (skeleton->count)
			memcpy(larger, skeleton->items, skeleton->count * sizeof(*larger));
		skeleton->items = larger;
		pieces->skeleton_room = room;
	}
	skeleton->items[skeleton->count++] = (struct skeleton_entry){
		.path = arena_strdup(pieces->arena, path),
		.mode = status->st_mode,
		.uid = status->st_uid,
		.gid = status->st_gid,
		.link = link,
	};
}

static int compare_path(const void *key, const void *item)
{
	return path_compare(key, ((const struct view_part *)item)->path);
}

static void add_link(struct try_pieces *pieces, const char *path, const struct stat *status)
{
	char text[PATH_MAX];
	ssize_t length = readlink(path, text, sizeof(text));

	if (length > 0 && length < (ssize_t)sizeof(text))
		try_add_place(pieces, path, status,
			      arena_strndup(pieces->arena, text, (size_t)length));
}

/*
 * Sockets, and whatever else is neither a folder nor a file, are not there: bound, a socket would
 * lead to the host. A file has no overlay.
 */
static void add_name(struct try_pieces *pieces, const char *path, uint64_t attributes)
{
	struct view_part part = { .path = path, .attributes = attributes };
	struct stat status;

	if (lstat(path, &status) < 0)
		return;
	if (S_ISLNK(status.st_mode)) {
		add_link(pieces, path, &status);
		return;
	}
	if (!S_ISDIR(status.st_mode) && !S_ISREG(status.st_mode))
		return;
	if (S_ISREG(status.st_mode)) {
		part.kind = VIEW_READ_ONLY;
		part.attributes |= MOUNT_ATTR_RDONLY;
	}
	try_add_place(pieces, path, &status, NULL);
	try_add_part(pieces, &part);
}

/* What has its mount elsewhere in the list needs no more than a place. */
static bool is_elsewhere(const char *path, const struct string_list *hidden)
{
	return !strcmp(path, "/proc") || !strcmp(path, "/sys") || !strcmp(path, "/dev") ||
	       string_list_has(hidden, path);
}

static int is_no_dot(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

void try_add_folder(struct try_pieces *pieces, const struct host_view *view,
		    const struct view_part *folder, const struct string_list *hidden)
{
	struct dirent **names;
	struct stat status;
	int count;

	if (stat(folder->path, &status) < 0)
		return;
	try_add_place(pieces, folder->path, &status, NULL);
	/* one that may not be read is there with its mounts and no more */
	count = scandir(folder->path, &names, is_no_dot, alphasort);
	if (count < 0)
		return;
	for (int i = 0; i < count; i++) {
		const char *path = path_clean(
			pieces->arena, path_join(pieces->arena, folder->path, names[i]->d_name));

		if (is_elsewhere(path, hidden))
			try_add_place(pieces, path, &status, NULL);
		else if (!bsearch(path, view->items, view->count, sizeof(*view->items),
				  compare_path))
			add_name(pieces, path, folder->attributes);
		free(names[i]);
	}
	free(names);
}
