/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/masks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/filesystem.h"

/* Paths that are not there need no hiding; a file where a directory is named neither. */
static bool is_absent(int errnum)
{
	return errnum == ENOENT || errnum == ENOTDIR;
}

/*
 * The first directory gets the empty filesystem itself, all others clones of that mount (kernels
 * before 6.15 do not clone what is not attached).
 */
static int mask_directory(int target, const char *label, int *empty, struct error *err)
{
	const struct string_list words = {
		.items = &(char *){ (char *)(uintptr_t)label },
		.count = label ? 1 : 0,
	};
	cleanup_fd int context = -1, mount = -1;

	if (*empty >= 0) {
		mount = open_tree(*empty, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		if (mount < 0)
			return fail_errno(err, "clone the empty directory");
		return mount_move(mount, target, err);
	}
	context = filesystem_open("tmpfs", err);
	if (context < 0 || filesystem_set(context, "mode", "755", err) < 0 ||
	    filesystem_set_words(context, &words, err) < 0)
		return -1;
	*empty = filesystem_mount(context, MOUNT_ATTR_RDONLY, err);
	return *empty < 0 ? -1 : mount_move(*empty, target, err);
}

/*
 * The container's /dev/null is the image's word: what is bound over a secret must be the device
 * itself, or the "mask" would show whatever a link there points to (CVE-2025-31133).
 */
static int open_null(int root, struct error *err)
{
	cleanup_fd int null = open_in_root(root, "/dev/null", O_PATH | O_NOFOLLOW, 0, err);
	struct stat status;

	if (null < 0)
		return -1;
	if (fstat(null, &status) < 0)
		return fail_errno(err, "/dev/null");
	if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3))
		return fail(err, ENODEV, "/dev/null of the container is not the device 1:3");
	return take_fd(&null);
}

static int mask_file(int target, int root, int *null, struct error *err)
{
	cleanup_fd int mount = -1;

	if (*null < 0)
		*null = open_null(root, err);
	if (*null < 0)
		return -1;
	mount = open_tree(*null, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (mount < 0)
		return fail_errno(err, "clone /dev/null");
	return mount_move(mount, target, err);
}

static int mask(const char *path, const char *label, int root, int *empty, int *null,
		struct error *err)
{
	cleanup_fd int target = open_in_root(root, path, O_PATH, 0, err);
	struct stat status;

	if (target < 0)
		return is_absent(err->errnum) ? 0 : -1;
	if (fstat(target, &status) < 0)
		return fail_errno(err, "%s", path);
	return S_ISDIR(status.st_mode) ? mask_directory(target, label, empty, err)
				       : mask_file(target, root, null, err);
}

int masks_apply(const struct string_list *paths, const char *label, int root, struct error *err)
{
	cleanup_fd int empty = -1, null = -1;
	struct error mine;

	for (size_t i = 0; i < paths->count; i++)
		if (mask(paths->items[i], label, root, &empty, &null, &mine) < 0) {
			*err = mine;
			return fail_in(err, "mask %s", paths->items[i]);
		}
	return 0;
}

static int make_readonly(const char *path, int root, struct error *err)
{
	cleanup_fd int target = open_in_root(root, path, O_PATH, 0, err);
	cleanup_fd int mount = -1;

	if (target < 0)
		return is_absent(err->errnum) ? 0 : -1;
	mount = open_tree(target, "",
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_RECURSIVE);
	if (mount < 0)
		return fail_errno(err, "clone");
	if (mount_change(mount, MOUNT_ATTR_RDONLY, 0, MS_PRIVATE, true, err) < 0)
		return -1;
	return mount_move(mount, target, err);
}

int readonly_paths_apply(const struct string_list *paths, int root, struct error *err)
{
	struct error mine;

	for (size_t i = 0; i < paths->count; i++)
		if (make_readonly(paths->items[i], root, &mine) < 0) {
			*err = mine;
			return fail_in(err, "make %s read-only", paths->items[i]);
		}
	return 0;
}
