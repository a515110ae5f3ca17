/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/unpack_tree.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/path.h"
#include "fs/deep_path.h"

#define MAX_PATH ((size_t)1 << 20)
#define WHITEOUT ".wh."
#define OPAQUE ".wh..wh..opq"

struct unpack_directory {
	char *path;
	size_t number; /* the later of two wins */
	mode_t mode;
	struct timespec times[2];
};

/* Paths --------------------------------------------------------------------------------------- */

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

/* Cleans path into tree->path: "a/b", or "" for the root. */
static int clean(struct unpack_tree *tree, const char *path, struct error *err)
{
	size_t room;

	if (*path == '/' && !tree->options->merge)
		return fail(err, EINVAL, "absolute name");
	path += strspn(path, "/");
	room = strlen(path) + 1;
	if (room > MAX_PATH)
		return fail(err, ENAMETOOLONG, "name of %zu bytes", room);
	if (grow(&tree->path, &tree->path_room, room + 1, err) < 0)
		return -1;
	tree->path_length = 0;
	tree->name = tree->path;
	for (; *path; path += strspn(path, "/")) {
		size_t length = strcspn(path, "/");

		if (length == 2 && !memcmp(path, "..", 2))
			return fail(err, EINVAL, "name with '..' in it");
		if (!(length == 1 && *path == '.')) {
			if (tree->path_length)
				tree->path[tree->path_length++] = '/';
			tree->name = tree->path + tree->path_length;
			memcpy(tree->name, path, length);
			tree->path_length += length;
		}
		path += length;
	}
	tree->path[tree->path_length] = '\0';
	return 0;
}

static void forget_parent(struct unpack_tree *tree)
{
	close_fd(&tree->parent);
}

/* The mark of a directory below which lower layers do not show through. */
static int mark_opaque(struct unpack_tree *tree, int fd, struct error *err)
{
	const char *name = tree->options->user_xattr ? "user.overlay.opaque"
						     : "trusted.overlay.opaque";

	return fsetxattr(fd, name, "y", 1, 0) < 0 ? fail_errno(err, "set %s", name) : 0;
}

static bool whiteout_at(int dir, const char *name)
{
	struct stat status;

	return fstatat(dir, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISCHR(status.st_mode) &&
	       status.st_rdev == makedev(0, 0);
}

/* Goes to directory name in *dir, and makes it if it is missing. */
static int step_into(struct unpack_tree *tree, int *dir, const char *name, struct error *err)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	bool opaque = !tree->options->merge && whiteout_at(*dir, name);
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
	return opaque ? mark_opaque(tree, next, err) : 0;
}

/*
 * A directory of the tree, the first length bytes of path. Where links on the way are allowed it is
 * looked up from the jail again. -1 with errno.
 */
static int open_directory(struct unpack_tree *tree, char *path, size_t length)
{
	const struct unpack_merge *merge = tree->options->merge;
	int fd = deep_open_directory(tree->root, path, length);
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

static int make_parents(struct unpack_tree *tree, size_t length, struct error *err)
{
	const struct unpack_merge *merge = tree->options->merge;
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int dir = -1;

	if (merge && merge->jail >= 0)
		return mkdir_in_root(
			merge->jail,
			arena_printf(&arena, "%s/%.*s", merge->path, (int)length, tree->path), 0755,
			err);
	dir = deep_open_directory(tree->root, tree->path, 0);
	if (dir < 0)
		return fail_errno(err, "open the layer's directory");
	for (size_t at = 0; at < length;) {
		char name[256];
		size_t part = strcspn(tree->path + at, "/");

		if (part >= sizeof(name))
			return fail(err, ENAMETOOLONG, "name with a part of %zu bytes", part);
		memcpy(name, tree->path + at, part);
		name[part] = '\0';
		if (step_into(tree, &dir, name, err) < 0)
			return -1;
		at += part + 1;
	}
	return take_fd(&dir);
}

/* Cleans path and opens the directory that its last component is in: tree->parent. */
static int go(struct unpack_tree *tree, const char *path, struct error *err)
{
	size_t length;
	int fd;

	if (clean(tree, path, err) < 0)
		return -1;
	length = (size_t)(tree->name - tree->path);
	length -= length > 0; /* the slash */
	if (tree->parent >= 0 && tree->parent_length == length &&
	    !memcmp(tree->parent_path, tree->path, length))
		return 0;
	forget_parent(tree);
	if (grow(&tree->parent_path, &tree->parent_room, length + 1, err) < 0)
		return -1;
	fd = open_directory(tree, tree->path, length);
	if (fd < 0 && (errno == ENOENT || (errno == ENOTDIR && !tree->options->merge)))
		fd = make_parents(tree, length, err);
	else if (fd < 0)
		fail_errno(err, "the way to it");
	if (fd < 0)
		return -1;
	tree->parent = fd;
	tree->parent_length = length;
	memcpy(tree->parent_path, tree->path, length);
	return 0;
}

/* The same for everything but a directory, which alone may be the root. */
static int go_file(struct unpack_tree *tree, const char *path, struct error *err)
{
	if (go(tree, path, err) < 0)
		return -1;
	return tree->path_length ? 0 : fail(err, EINVAL, "the root is a directory");
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
static int clear_place(struct unpack_tree *tree, struct error *err)
{
	const struct unpack_merge *merge = tree->options->merge;

	if (merge && is_mount_point(tree->parent, tree->name))
		return fail(err, EBUSY, "is a mount point");
	if (!merge || merge->overwrite)
		return remove_tree_at(tree->parent, tree->name, err);
	if (unlinkat(tree->parent, tree->name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno == EISDIR)
		return fail(err, EISDIR, "would replace a directory by a file (--overwrite)");
	return fail_errno(err, "replace");
}

/* Metadata ------------------------------------------------------------------------------------ */

/*
 * An attribute that this file system does not know is left out, as it would be anywhere else on
 * it; but a program without its capabilities does not do what it should, so that is an error.
 */
static int xattr_failed(struct unpack_tree *tree, const char *name, struct error *err)
{
	if (errno == ENOTSUP && strcmp(name, "security.capability") != 0)
		return 0;
	if (errno == EPERM && (!tree->options->keep_owner || !strncmp(name, "user.", 5)))
		return 0;
	return fail_errno(err, "set attribute %.255s", name);
}

static int fail_owner(const struct unpack_metadata *metadata, struct error *err)
{
	if (errno != EINVAL)
		return fail_errno(err, "change owner to %u:%u", metadata->uid, metadata->gid);
	return fail(err, EINVAL,
		    "change owner to %u:%u: these ids are not mapped in this user namespace (to "
		    "unpack an image with files of several users, a user needs ranges in "
		    "/etc/subuid and /etc/subgid, and newuidmap)",
		    metadata->uid, metadata->gid);
}

static int map_id(const struct spec_id_mappings *mappings, uint32_t *id)
{
	if (!mappings || !mappings->count)
		return 0;
	for (size_t i = 0; i < mappings->count; i++) {
		const struct spec_id_mapping *range = &mappings->items[i];

		if (*id < range->container_id || *id - range->container_id >= range->size)
			continue;
		*id = range->host_id + (*id - range->container_id);
		return 0;
	}
	return -1;
}

static bool is_powerful(const struct xattr *xattr)
{
	return !strncmp(xattr->name, "security.", strlen("security."));
}

static void drop_power(struct unpack_metadata *metadata, bool directory)
{
	size_t kept = 0;

	if (!directory)
		metadata->mode &= ~(mode_t)(S_ISUID | S_ISGID);
	for (size_t i = 0; i < metadata->xattr_count; i++)
		if (!is_powerful(&metadata->xattrs[i]))
			metadata->xattrs[kept++] = metadata->xattrs[i];
	metadata->xattr_count = kept;
}

int unpack_tree_adapt(const struct unpack_tree *tree, struct unpack_metadata *metadata,
		      bool directory, struct error *err)
{
	const struct unpack_merge *merge = tree->options->merge;
	uid_t uid = metadata->uid;
	gid_t gid = metadata->gid;

	if (!merge)
		return 0;
	if (merge->own) {
		metadata->uid = merge->uid;
		metadata->gid = merge->gid;
	}
	if (merge->harmless || metadata->uid != uid || metadata->gid != gid)
		drop_power(metadata, directory);
	if (map_id(merge->uids, &metadata->uid) < 0 || map_id(merge->gids, &metadata->gid) < 0)
		return fail(err, EOVERFLOW, "its owner %u:%u is not mapped in the container",
			    metadata->uid, metadata->gid);
	return 0;
}

static int set_owner_and_xattrs(struct unpack_tree *tree, int fd,
				const struct unpack_metadata *metadata, struct error *err)
{
	if (tree->options->keep_owner && fchown(fd, metadata->uid, metadata->gid) < 0)
		return fail_owner(metadata, err);
	for (size_t i = 0; i < metadata->xattr_count; i++) {
		const struct xattr *xattr = &metadata->xattrs[i];

		if (fsetxattr(fd, xattr->name, xattr->value, xattr->size, 0) < 0 &&
		    xattr_failed(tree, xattr->name, err) < 0)
			return -1;
	}
	return 0;
}

/*
 * The same for what cannot be opened. In a container that runs the name may be a link meanwhile,
 * which would lead out of its root: nothing here follows one.
 */
static int set_metadata_at(struct unpack_tree *tree, const struct unpack_metadata *metadata,
			   bool link, struct error *err)
{
	char path[300];

	if (tree->options->keep_owner && fchownat(tree->parent, tree->name, metadata->uid,
						  metadata->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_owner(metadata, err);
	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", tree->parent, tree->name);
	for (size_t i = 0; i < metadata->xattr_count; i++) {
		const struct xattr *xattr = &metadata->xattrs[i];

		if (lsetxattr(path, xattr->name, xattr->value, xattr->size, 0) < 0 &&
		    xattr_failed(tree, xattr->name, err) < 0)
			return -1;
	}
	if (!link &&
	    fchmodat(tree->parent, tree->name, metadata->mode & 07777, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "change mode");
	if (utimensat(tree->parent, tree->name, metadata->times, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "set time");
	return 0;
}

/* Entries ------------------------------------------------------------------------------------- */

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
		openat(tree->parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOTDIR || errno == ELOOP ? 0 : fail_errno(err, "open %s", name);
	return mark_opaque(tree, fd, err);
}

int unpack_tree_mark(struct unpack_tree *tree, const char *path, struct error *err)
{
	const char *name;

	if (go_file(tree, path, err) < 0)
		return -1;
	if (!strcmp(tree->name, OPAQUE))
		return mark_opaque(tree, tree->parent, err);
	name = tree->name + strlen(WHITEOUT);
	/* other marks are aufs' own files and mean nothing here */
	if (!strncmp(name, WHITEOUT, strlen(WHITEOUT)))
		return 0;
	if (!*name || !strcmp(name, ".") || !strcmp(name, ".."))
		return fail(err, EINVAL, "a whiteout of nothing");
	if (mknodat(tree->parent, name, S_IFCHR, makedev(0, 0)) == 0)
		return 0;
	return errno == EEXIST ? hide_below(tree, name, err) : fail_errno(err, "make a whiteout");
}

/* A file that is a mount point (/etc/hosts of many containers): what is in it changes. */
static int open_mounted_file(struct unpack_tree *tree, struct error *err)
{
	const int flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
	cleanup_fd int fd = openat(tree->parent, tree->name, flags);
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

	if (go_file(tree, path, err) < 0)
		return -1;
	fd = openat(tree->parent, tree->name, flags, 0600);
	if (fd < 0 && errno == EEXIST) {
		if (clear_place(tree, err) < 0)
			return err->errnum == EBUSY && tree->options->merge
				       ? open_mounted_file(tree, err)
				       : -1;
		fd = openat(tree->parent, tree->name, flags, 0600);
	}
	return fd < 0 ? fail_errno(err, "create") : fd;
}

int unpack_tree_finish_file(struct unpack_tree *tree, int fd,
			    const struct unpack_metadata *metadata, struct error *err)
{
	if (set_owner_and_xattrs(tree, fd, metadata, err) < 0)
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
	directory->path = arena_strdup(&tree->arena, tree->path);
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

	if (go(tree, path, err) < 0)
		return -1;
	name = tree->path_length ? tree->name : ".";
	if (tree->path_length && mkdirat(tree->parent, name, 0700) < 0) {
		struct stat status;

		if (errno != EEXIST ||
		    fstatat(tree->parent, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
			return fail_errno(err, "make directory");
		if (!S_ISDIR(status.st_mode)) {
			opaque = !tree->options->merge && whiteout_at(tree->parent, name);
			if (tree->options->merge && !tree->options->merge->overwrite)
				return fail(err, ENOTDIR,
					    "would replace a file by a directory (--overwrite)");
			if (clear_place(tree, err) < 0)
				return -1;
			if (mkdirat(tree->parent, name, 0700) < 0)
				return fail_errno(err, "make directory");
		}
	}
	fd = openat(tree->parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open directory");
	if (set_owner_and_xattrs(tree, fd, metadata, err) < 0 ||
	    (opaque && mark_opaque(tree, fd, err) < 0))
		return -1;
	return remember_directory(tree, metadata, err);
}

int unpack_tree_link(struct unpack_tree *tree, const char *path, const char *target,
		     const struct unpack_metadata *metadata, struct error *err)
{
	if (go_file(tree, path, err) < 0)
		return -1;
	if (symlinkat(target, tree->parent, tree->name) < 0) {
		if (errno != EEXIST)
			return fail_errno(err, "make link");
		if (clear_place(tree, err) < 0)
			return -1;
		if (symlinkat(target, tree->parent, tree->name) < 0)
			return fail_errno(err, "make link");
	}
	return set_metadata_at(tree, metadata, true, err);
}

int unpack_tree_hard_link(struct unpack_tree *tree, const char *path, const char *target,
			  struct error *err)
{
	cleanup_fd int dir = -1;
	char name[256];
	struct stat status;

	/* the target first: its directory is then held, and tree->path is free for the new name */
	if (clean(tree, target, err) < 0)
		return fail_in(err, "hard link to %.200s", target);
	if (strlen(tree->name) >= sizeof(name))
		return fail(err, ENAMETOOLONG, "hard link to %.200s", target);
	memcpy(name, tree->name, strlen(tree->name) + 1);
	dir = open_directory(tree, tree->path, (size_t)(tree->name - tree->path));
	if (dir < 0 || fstatat(dir, *name ? name : ".", &status, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "hard link to %.200s, which is not in the layer", target);
	if (!tree->options->merge && whiteout_at(dir, name))
		return fail(err, ENOENT, "hard link to %.200s, which the layer deletes", target);
	if (S_ISDIR(status.st_mode))
		return fail(err, EINVAL, "hard link to %.200s, a directory", target);
	if (go_file(tree, path, err) < 0)
		return -1;
	if (linkat(dir, name, tree->parent, tree->name, 0) == 0)
		return 0;
	if (errno == EEXIST) {
		struct stat present;

		/* twice the same, or a name linked to itself */
		if (fstatat(tree->parent, tree->name, &present, AT_SYMLINK_NOFOLLOW) == 0 &&
		    present.st_ino == status.st_ino)
			return 0;
		if (clear_place(tree, err) < 0)
			return -1;
		if (linkat(dir, name, tree->parent, tree->name, 0) == 0)
			return 0;
	}
	return fail_errno(err, "hard link to %.200s", target);
}

int unpack_tree_node(struct unpack_tree *tree, const char *path,
		     const struct unpack_metadata *metadata, struct error *err)
{
	mode_t mode = (metadata->mode & S_IFMT) | 0600;

	if (go_file(tree, path, err) < 0)
		return -1;
	if (mknodat(tree->parent, tree->name, mode, metadata->device) < 0) {
		/* no user can have devices: as with other engines, a container gets its own in /dev
		 */
		if (errno == EPERM && tree->options->user_xattr)
			return 0;
		if (errno != EEXIST)
			return fail_errno(err, "make device node");
		if (clear_place(tree, err) < 0)
			return -1;
		if (mknodat(tree->parent, tree->name, mode, metadata->device) < 0)
			return fail_errno(err, "make device node");
	}
	return set_metadata_at(tree, metadata, false, err);
}

/* Begin and end ------------------------------------------------------------------------------- */

int unpack_tree_begin(struct unpack_tree *tree, struct error *err)
{
	if (!tree->options->merge && fchmod(tree->root, 0755) < 0)
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

	forget_parent(tree);
	if (tree->count)
		qsort(tree->directories, tree->count, sizeof(*tree->directories), compare);
	/* backwards: what is inside first, since a directory may be closed for us after it */
	for (size_t i = tree->count; i-- > 0;) {
		const struct unpack_directory *directory = &tree->directories[i];
		cleanup_fd int fd = -1;

		if (last && !strcmp(last, directory->path))
			continue;
		last = directory->path;
		fd = open_directory(tree, directory->path, strlen(last));
		if (fd < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP))
			continue; /* replaced by a later entry */
		if (fd < 0 || fchmod(fd, directory->mode) < 0 || futimens(fd, directory->times) < 0)
			return fail_errno(err, "directory %.200s", last);
	}
	return 0;
}

void unpack_tree_free(struct unpack_tree *tree)
{
	forget_parent(tree);
	free(tree->parent_path);
	free(tree->path);
	free(tree->directories);
	arena_free(&tree->arena);
}
