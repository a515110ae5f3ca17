/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/host_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/mountinfo.h"
#include "base/sys.h"
#include "fs/deep_path.h"

int host_part_open(const char *target, struct error *err)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	cleanup_fd int fd = sys_openat2(AT_FDCWD, target, &how);
	char path[32];
	int part;

	if (fd < 0 && errno == ELOOP)
		return fail(err, ELOOP,
			    "%s: a symbolic link is on this path that was not there when the "
			    "container was made: it may lead anywhere",
			    target);
	if (fd < 0)
		return fail_errno(err, "open %s", target);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	part = layer_open(path, err);
	return part < 0 ? fail_in(err, "%s", target) : part;
}

int host_open_directory(int root, const char *path)
{
	size_t length = strlen(path);
	char *text = strdup(path); /* deep_open_directory() writes into it */
	int fd;

	if (!text) {
		errno = ENOMEM;
		return -1;
	}
	fd = deep_open_directory(root, text, length);
	free(text);
	return fd;
}

int host_place_go(struct host_place *place, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	if (!**name)
		*name = ".";
	if (place->fd >= 0 && place->length == length && !memcmp(place->path, path, length))
		return place->fd;
	close_fd(&place->fd);
	if (place->room <= length) {
		char *larger = realloc(place->path, 2 * length + 64);

		if (!larger) {
			errno = ENOMEM;
			return -1;
		}
		place->path = larger;
		place->room = 2 * length + 64;
	}
	memcpy(place->path, path, length);
	place->path[length] = '\0';
	place->length = length;
	place->fd = deep_open_directory(place->root, place->path, length);
	return place->fd;
}

void host_place_free(struct host_place *place)
{
	close_fd(&place->fd);
	free(place->path);
	place->path = NULL;
	place->room = 0;
}

static int compare(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

int host_mounts_read(struct arena *arena, struct string_list *mounts, struct error *err)
{
	struct mount_line line;
	size_t room = 1;
	char *text, *at;

	*mounts = (struct string_list){ 0 };
	if (mountinfo_read(arena, "/proc/self/mountinfo", &text, err) < 0)
		return -1;
	for (at = text; *at; at++)
		room += *at == '\n';
	mounts->items = arena_array(arena, char *, room + 1);
	while (mountinfo_next(&text, &line))
		if (line.point[0])
			mounts->items[mounts->count++] = arena_strdup(arena, line.point);
	qsort(mounts->items, mounts->count, sizeof(*mounts->items), compare);
	return 0;
}
