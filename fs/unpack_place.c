/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/unpack_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "fs/deep_path.h"

#define MAX_PATH ((size_t)1 << 20)

static int grow(char **buffer, size_t *room, size_t needed, struct error *err)
{
	char *larger;

	if (needed <= *room)
		return 0;
	larger = realloc(*buffer, 2 * needed);
	if (!larger)
		return fail(err, ENOMEM, "out of memory");
	*buffer = larger;
	*room = 2 * needed;
	return 0;
}

/* Cleans path into place->path: "a/b", or "" for the root. */
int unpack_place_name(struct unpack_place *place, const char *path, struct error *err)
{
	size_t room;

	if (*path == '/' && !place->options->merge)
		return fail(err, EINVAL, "absolute name");
	path += strspn(path, "/");
	room = strlen(path) + 1;
	if (room > MAX_PATH)
		return fail(err, ENAMETOOLONG, "name of %zu bytes", room);
	if (grow(&place->path, &place->path_room, room + 1, err) < 0)
		return -1;
	place->path_length = 0;
	place->name = place->path;
	for (; *path; path += strspn(path, "/")) {
		size_t length = strcspn(path, "/");

		if (length == 2 && !memcmp(path, "..", 2))
			return fail(err, EINVAL, "name with '..' in it");
		if (!(length == 1 && *path == '.')) {
			if (place->path_length)
				place->path[place->path_length++] = '/';
			place->name = place->path + place->path_length;
			memcpy(place->name, path, length);
			place->path_length += length;
		}
		path += length;
	}
	place->path[place->path_length] = '\0';
	return 0;
}

void unpack_place_leave(struct unpack_place *place)
{
	close_fd(&place->parent);
}

/* The mark of a directory below which lower layers do not show through. */
int unpack_place_mark_opaque(struct unpack_place *place, int fd, struct error *err)
{
	const char *name = place->options->user_xattr ? "user.overlay.opaque"
						      : "trusted.overlay.opaque";

	return fsetxattr(fd, name, "y", 1, 0) < 0 ? fail_errno(err, "set %s", name) : 0;
}

bool unpack_is_whiteout(int dir, const char *name)
{
	struct stat status;

	return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(status.st_mode) &&
	       status.st_rdev == makedev(0, 0);
}

/* Goes to directory name in *dir, and makes it if it is missing. */
static int step_into(struct unpack_place *place, int *dir, const char *name, struct error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	bool opaque = !place->options->merge && unpack_is_whiteout(*dir, name);
	int next;

	if (opaque && unlinkat(*dir, name, 0) < 0)
		return fail_errno(err, "replace %s", name);
	next = openat(*dir, name, flags);
	if (next < 0 && errno == ENOENT && mkdirat(*dir, name, 0755) == 0) {
		next = openat(*dir, name, flags);
		/* whatever the umask */
		if (next >= 0 && fchmod(next, 0755) < 0)
			close_fd(&next);
	}
	if (next < 0)
		return fail_errno(err, "directory %s on the way", name);
	close_fd(dir);
	*dir = next;
	return opaque ? unpack_place_mark_opaque(place, next, err) : 0;
}

/*
 * A directory of the tree, the first length bytes of path. Where links on the way are allowed it is
 * looked up from the jail again. -1 with errno.
 */
int unpack_place_open(struct unpack_place *place, char *path, size_t length)
{
	const struct unpack_merge *merge = place->options->merge;
	int fd = deep_open_directory(place->root, path, length);
	cleanup_arena struct arena arena = { 0 };
	struct error err;

	if (fd >= 0 || !merge || merge->jail < 0 || (errno != ELOOP && errno != ENOTDIR))
		return fd;
	fd = open_in_root(merge->jail,
			  arena_printf(&arena, "%s/%.*s", merge->path, (int)length, path),
			  O_RDONLY | O_DIRECTORY, 0, &err);
	if (fd < 0)
		errno = err.errnum;
	return fd;
}

static int make_parents(struct unpack_place *place, size_t length, struct error *err)
{
	const struct unpack_merge *merge = place->options->merge;
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int dir = -1;

	if (merge && merge->jail >= 0)
		return mkdir_in_root(
			merge->jail,
			arena_printf(&arena, "%s/%.*s", merge->path, (int)length, place->path),
			0755, err);
	dir = deep_open_directory(place->root, place->path, 0);
	if (dir < 0)
		return fail_errno(err, "open the layer's directory");
	for (size_t at = 0; at < length;) {
		char name[256];
		size_t part = strcspn(place->path + at, "/");

		if (part >= sizeof(name))
			return fail(err, ENAMETOOLONG, "name with a part of %zu bytes", part);
		memcpy(name, place->path + at, part);
		name[part] = '\0';
		if (step_into(place, &dir, name, err) < 0)
			return -1;
		at += part + 1;
	}
	return take_fd(&dir);
}

/* Cleans path and opens the directory that its last component is in: place->parent. */
int unpack_place_go(struct unpack_place *place, const char *path, struct error *err)
{
	size_t length;
	int fd;

	if (unpack_place_name(place, path, err) < 0)
		return -1;
	length = (size_t)(place->name - place->path);
	length -= length > 0; /* the slash */
	if (place->parent >= 0 && place->parent_length == length &&
	    !memcmp(place->parent_path, place->path, length))
		return 0;
	unpack_place_leave(place);
	if (grow(&place->parent_path, &place->parent_room, length + 1, err) < 0)
		return -1;
	fd = unpack_place_open(place, place->path, length);
	if (fd < 0 && (errno == ENOENT || (errno == ENOTDIR && !place->options->merge)))
		fd = make_parents(place, length, err);
	else if (fd < 0)
		fail_errno(err, "the way to it");
	if (fd < 0)
		return -1;
	place->parent = fd;
	place->parent_length = length;
	memcpy(place->parent_path, place->path, length);
	return 0;
}

/* The same for everything but a directory, which alone may be the root. */
int unpack_place_go_file(struct unpack_place *place, const char *path, struct error *err)
{
	if (unpack_place_go(place, path, err) < 0)
		return -1;
	return place->path_length ? 0 : fail(err, EINVAL, "the root is a directory");
}

/*
 * Whether something is mounted there in the mount namespace that the directory is of. The kernel
 * lets us remove such a place as long as it is none in our own, and with it the mount.
 */
static bool is_mount_point(int dir, const char *name)
{
	struct statx status;

	return statx(dir, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, 0, &status) == 0 &&
	       (status.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Removes what is at the place of a new entry. Of a merge a directory only if that was said. */
int unpack_place_clear(struct unpack_place *place, struct error *err)
{
	const struct unpack_merge *merge = place->options->merge;

	if (merge && is_mount_point(place->parent, place->name))
		return fail(err, EBUSY, "is a mount point");
	if (!merge || merge->overwrite)
		return remove_tree_at(place->parent, place->name, err);
	if (unlinkat(place->parent, place->name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR)
		return fail(err, EISDIR, "would replace a directory by a file (--overwrite)");
	return fail_errno(err, "replace");
}

void unpack_place_free(struct unpack_place *place)
{
	unpack_place_leave(place);
	free(place->parent_path);
	free(place->path);
}
