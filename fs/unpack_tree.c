/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/unpack_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/fd.h"

#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

struct unpack_directory {
	char *path;
	size_t number; /* the later of two wins */
	mode_t mode;
	struct timespec times[2];
};

bool unpack_tree_is_mark(const char *path)
{
	size_t end = strlen(path), start;

	while (end && path[end - 1] == '/')
		end--;
	for (start = end; start && path[start - 1] != '/'; start--)
		;
	return end - start >= strlen(WHITEOUT) && !memcmp(path + start, WHITEOUT, strlen(WHITEOUT));
}

/* A whiteout beside what this same layer has: that stays, only what is below is hidden. */
static int hide_below(struct unpack_tree *tree, const char *name, struct error *err)
{
	cleanup_fd int fd =
		openat(tree->place.parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? 0 : fail_errno(err, "open %s", name);
	return unpack_place_mark_opaque(&tree->place, fd, err);
}

int unpack_tree_mark(struct unpack_tree *tree, const char *path, struct error *err)
{
	const char *name;

	if (unpack_place_go_file(&tree->place, path, err) < 0)
		return -1;
	if (!strcmp(tree->place.name, OPAQUE))
		return unpack_place_mark_opaque(&tree->place, tree->place.parent, err);
	name = tree->place.name + strlen(WHITEOUT);
	/* other marks are aufs' own files and mean nothing here */
	if (!strncmp(name, WHITEOUT, strlen(WHITEOUT)))
		return 0;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return fail(err, EINVAL, "a whiteout of nothing");
	if (mknodat(tree->place.parent, name, S_IFCHR, makedev(0, 0)) == 0)
		return 0;
	return errno == EEXIST ? hide_below(tree, name, err) : fail_errno(err, "make a whiteout");
}

/* A file that is a mount point (/etc/hosts of many containers): what is in it changes. */
static int open_mounted_file(struct unpack_tree *tree, struct error *err)
{
	const int flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	cleanup_fd int fd = openat(tree->place.parent, tree->place.name, flags);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_errno(err, "open the mounted file");
	if (!S_ISREG(status.st_mode))
		return fail(err, EBUSY, "something is mounted there that is no regular file");
	if (ftruncate(fd, 0) < 0)
		return fail_errno(err, "empty the mounted file");
	return take_fd(&fd);
}

int unpack_tree_file(struct unpack_tree *tree, const char *path, struct error *err)
{
	const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd;

	if (unpack_place_go_file(&tree->place, path, err) < 0)
		return -1;
	fd = openat(tree->place.parent, tree->place.name, flags, 0600);
	if (fd < 0 && errno == EEXIST) {
		if (unpack_place_clear(&tree->place, err) < 0)
			return err->errnum == EBUSY && tree->place.options->merge
				       ? open_mounted_file(tree, err)
				       : -1;
		fd = openat(tree->place.parent, tree->place.name, flags, 0600);
	}
	return fd < 0 ? fail_errno(err, "create") : fd;
}

int unpack_tree_finish_file(struct unpack_tree *tree, int fd,
			    const struct unpack_metadata *metadata, struct error *err)
{
	if (unpack_metadata_set_owner(metadata, tree->place.options, fd, err) < 0)
		return -1;
	/* after the owner: a change of that takes set-user-ID bits away */
	if (fchmod(fd, metadata->mode) < 0)
		return fail_errno(err, "change mode");
	if (futimens(fd, metadata->times) < 0)
		return fail_errno(err, "set time");
	return 0;
}

static int remember_directory(struct unpack_tree *tree, const struct unpack_metadata *metadata,
			      struct error *err)
{
	struct unpack_directory *directory;

	if (tree->count == tree->room) {
		size_t room = tree->room ? 2 * tree->room : 256;

		directory = realloc(tree->directories, room * sizeof(*directory));
		if (!directory)
			return fail(err, ENOMEM, "out of memory");
		tree->directories = directory;
		tree->room = room;
	}
	directory = &tree->directories[tree->count];
	directory->path = arena_strdup(&tree->arena, tree->place.path);
	directory->number = tree->count++;
	directory->mode = metadata->mode;
	memcpy(directory->times, metadata->times, sizeof(directory->times));
	return 0;
}

int unpack_tree_directory(struct unpack_tree *tree, const char *path,
			  const struct unpack_metadata *metadata, struct error *err)
{
	cleanup_fd int fd = -1;
	bool opaque = false;
	const char *name;

	if (unpack_place_go(&tree->place, path, err) < 0)
		return -1;
	name = tree->place.path_length ? tree->place.name : ".";
	if (tree->place.path_length && mkdirat(tree->place.parent, name, 0700) < 0) {
		struct stat status;

		if (errno != EEXIST ||
		    fstatat(tree->place.parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			return fail_errno(err, "make directory");
		if (!S_ISDIR(status.st_mode)) {
			opaque = !tree->place.options->merge &&
				 unpack_is_whiteout(tree->place.parent, name);
			if (tree->place.options->merge && !tree->place.options->merge->overwrite)
				return fail(err, ENOTDIR,
					    "would replace a file by a directory (--overwrite)");
			if (unpack_place_clear(&tree->place, err) < 0)
				return -1;
			if (mkdirat(tree->place.parent, name, 0700) < 0)
				return fail_errno(err, "make directory");
		}
	}
	fd = openat(tree->place.parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open directory");
	if (unpack_metadata_set_owner(metadata, tree->place.options, fd, err) < 0 ||
	    (opaque && unpack_place_mark_opaque(&tree->place, fd, err) < 0))
		return -1;
	return remember_directory(tree, metadata, err);
}

/* Of what cannot be opened. */
static int set_named(struct unpack_tree *tree, const struct unpack_metadata *metadata, bool link,
		     struct error *err)
{
	return unpack_metadata_set_at(metadata, tree->place.options, tree->place.parent,
				      tree->place.name, link, err);
}

int unpack_tree_link(struct unpack_tree *tree, const char *path, const char *target,
		     const struct unpack_metadata *metadata, struct error *err)
{
	if (unpack_place_go_file(&tree->place, path, err) < 0)
		return -1;
	if (symlinkat(target, tree->place.parent, tree->place.name) < 0) {
		if (errno != EEXIST)
			return fail_errno(err, "make link");
		if (unpack_place_clear(&tree->place, err) < 0)
			return -1;
		if (symlinkat(target, tree->place.parent, tree->place.name) < 0)
			return fail_errno(err, "make link");
	}
	return set_named(tree, metadata, true, err);
}

int unpack_tree_hard_link(struct unpack_tree *tree, const char *path, const char *target,
			  struct error *err)
{
	cleanup_fd int dir = -1;
	char name[256];
	struct stat status;

	/* the target first: its directory is then held, and tree->place.path is free for the new name */
	if (unpack_place_name(&tree->place, target, err) < 0)
		return fail_in(err, "hard link to %.200s", target);
	if (strlen(tree->place.name) >= sizeof(name))
		return fail(err, ENAMETOOLONG, "hard link to %.200s", target);
	memcpy(name, tree->place.name, strlen(tree->place.name) + 1);
	dir = unpack_place_open(&tree->place, tree->place.path,
				(size_t)(tree->place.name - tree->place.path));
	if (dir < 0 || fstatat(dir, *name ? name : ".", &status, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "hard link to %.200s, which is not in the layer", target);
	if (!tree->place.options->merge && unpack_is_whiteout(dir, name))
		return fail(err, ENOENT, "hard link to %.200s, which the layer deletes", target);
	if (S_ISDIR(status.st_mode))
		return fail(err, EINVAL, "hard link to %.200s, a directory", target);
	if (unpack_place_go_file(&tree->place, path, err) < 0)
		return -1;
	if (linkat(dir, name, tree->place.parent, tree->place.name, 0) == 0)
		return 0;
	if (errno == EEXIST) {
		struct stat present;

		/* twice the same, or a name linked to itself */
		if (fstatat(tree->place.parent, tree->place.name, &present, AT_SYMLINK_NOFOLLOW) ==
			    0 &&
		    present.st_ino == status.st_ino)
			return 0;
		if (unpack_place_clear(&tree->place, err) < 0)
			return -1;
		if (linkat(dir, name, tree->place.parent, tree->place.name, 0) == 0)
			return 0;
	}
	return fail_errno(err, "hard link to %.200s", target);
}

int unpack_tree_node(struct unpack_tree *tree, const char *path,
		     const struct unpack_metadata *metadata, struct error *err)
{
	mode_t mode = (metadata->mode & S_IFMT) | 0600;

	if (unpack_place_go_file(&tree->place, path, err) < 0)
		return -1;
	if (mknodat(tree->place.parent, tree->place.name, mode, metadata->device) < 0) {
		/* no user can have devices: as with other engines, a container gets its own in /dev
		 */
		if (errno == EPERM && tree->place.options->user_xattr)
			return 0;
		if (errno != EEXIST)
			return fail_errno(err, "make device node");
		if (unpack_place_clear(&tree->place, err) < 0)
			return -1;
		if (mknodat(tree->place.parent, tree->place.name, mode, metadata->device) < 0)
			return fail_errno(err, "make device node");
	}
	return set_named(tree, metadata, false, err);
}

int unpack_tree_begin(struct unpack_tree *tree, struct error *err)
{
	if (!tree->place.options->merge && fchmod(tree->place.root, 0755) < 0)
		return fail_errno(err, "change mode of the layer's directory");
	return 0;
}

static int compare(const void *one, const void *other)
{
	const struct unpack_directory *a = one, *b = other;
	int order = strcmp(a->path, b->path);

	return order ? order : a->number < b->number ? -1 : 1;
}

int unpack_tree_end(struct unpack_tree *tree, struct error *err)
{
	const char *last = NULL;

	unpack_place_leave(&tree->place);
	if (tree->count)
		qsort(tree->directories, tree->count, sizeof(*tree->directories), compare);
	/* backwards: what is inside first, since a directory may be closed for us after it */
	for (size_t i = tree->count; i-- > 0;) {
		const struct unpack_directory *directory = &tree->directories[i];
		cleanup_fd int fd = -1;

		if (last && !strcmp(last, directory->path))
			continue;
		last = directory->path;
		fd = unpack_place_open(&tree->place, directory->path, strlen(last));
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
			continue; /* replaced by a later entry */
		if (fd < 0 || fchmod(fd, directory->mode) < 0 || futimens(fd, directory->times) < 0)
			return fail_errno(err, "directory %.200s", last);
	}
	return 0;
}

void unpack_tree_free(struct unpack_tree *tree)
{
	unpack_place_free(&tree->place);
	free(tree->directories);
	arena_free(&tree->arena);
}
