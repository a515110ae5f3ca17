/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/masks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/filesystem.h"

#define PROC_MAGIC 0x9fa0 /* statfs(2) */

/*
 * Most paths are names in /proc. What is in a procfs is the kernel's alone, no image's: there a name
 * is a place, and one call does what otherwise takes an open path for each.
 */
struct masking {
	int root;
	const char *label;
	int proc;		 /* a procfs, and the working directory; -1: not so */
	int empty;		 /* a mount of the empty folder; -1: none yet */
	int null;		 /* the device; -1: not opened yet */
	const char *masked_name; /* of a file in proc that is masked; NULL: none yet */
};

/* Paths that are not there need no hiding; a file where a directory is named neither. */
static bool is_absent(int errnum)
{
	return errnum == ENOENT || errnum == ENOTDIR;
}

static void enter_proc(struct masking *masking)
{
	struct error missing;
	cleanup_fd int proc =
		open_in_root(masking->root, "/proc", O_PATH | O_DIRECTORY, 0, &missing);
	struct statfs filesystem;

	if (proc >= 0 && fstatfs(proc, &filesystem) == 0 && filesystem.f_type == PROC_MAGIC &&
	    fchdir(proc) == 0)
		masking->proc = take_fd(&proc);
}

/* NULL when it is not a name in /proc. */
static const char *name_in_proc(const struct masking *masking, const char *path)
{
	static const char folder[] = "/proc/";
	const char *name = path + strlen(folder);

	if (masking->proc < 0 || strncmp(path, folder, strlen(folder)) != 0 || !*name ||
	    *name == '.' || strchr(name, '/'))
		return NULL;
	return name;
}

/*
 * The first directory gets the empty filesystem itself, all others clones of that mount (kernels
 * before 6.15 do not clone what is not attached).
 */
static int mask_directory(struct masking *masking, int target, struct error *err)
{
	const struct string_list words = {
		.items = &(char *){ (char *)(uintptr_t)masking->label },
		.count = masking->label ? 1 : 0,
	};
	cleanup_fd int context = -1, mount = -1;

	if (masking->empty >= 0) {
		mount = open_tree(masking->empty, "",
				  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		if (mount < 0)
			return fail_errno(err, "clone the empty directory");
		return mount_move(mount, target, err);
	}
	context = filesystem_open("tmpfs", err);
	if (context < 0 || filesystem_set(context, "mode", "755", err) < 0 ||
	    filesystem_set_words(context, &words, err) < 0)
		return -1;
	masking->empty = filesystem_mount(context, MOUNT_ATTR_RDONLY, err);
	return masking->empty < 0 ? -1 : mount_move(masking->empty, target, err);
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

static int clone_null(struct masking *masking, struct error *err)
{
	int mount;

	if (masking->null < 0)
		masking->null = open_null(masking->root, err);
	if (masking->null < 0)
		return -1;
	mount = open_tree(masking->null, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	return mount < 0 ? fail_errno(err, "clone /dev/null") : mount;
}

static int mask_file(struct masking *masking, int target, struct error *err)
{
	cleanup_fd int mount = clone_null(masking, err);

	return mount < 0 ? -1 : mount_move(mount, target, err);
}

/* Whether the name is a file that is masked now, or absent. The first one's mask serves all others. */
static bool mask_name(const struct masking *masking, const char *name)
{
	return masking->masked_name &&
	       (mount(masking->masked_name, name, NULL, MS_BIND, NULL) == 0 || errno == ENOENT);
}

static int mask(struct masking *masking, const char *path, struct error *err)
{
	const char *name = name_in_proc(masking, path);
	cleanup_fd int target = -1;
	struct stat status;

	if (name && mask_name(masking, name))
		return 0;
	target = open_in_root(masking->root, path, O_PATH, 0, err);
	if (target < 0)
		return is_absent(err->errnum) ? 0 : -1;
	if (fstat(target, &status) < 0)
		return fail_errno(err, "%s", path);
	if (S_ISDIR(status.st_mode))
		return mask_directory(masking, target, err);
	if (mask_file(masking, target, err) < 0)
		return -1;
	masking->masked_name = name;
	return 0;
}

static int readonly_name(const char *name, struct error *err)
{
	struct mount_attr change = {
		.attr_set = MOUNT_ATTR_RDONLY,
		.propagation = MS_PRIVATE,
	};

	if (mount(name, name, NULL, MS_BIND | MS_REC, NULL) < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "bind");
	if (mount_setattr(AT_FDCWD, name, AT_RECURSIVE, &change, sizeof(change)) < 0)
		return fail_errno(err, "change mount attributes");
	return 0;
}

static int make_readonly(const struct masking *masking, const char *path, struct error *err)
{
	const char *name = name_in_proc(masking, path);
	cleanup_fd int target = -1, mount = -1;

	if (name)
		return readonly_name(name, err);
	target = open_in_root(masking->root, path, O_PATH, 0, err);
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

static int apply(struct masking *masking, const struct string_list *masked,
		 const struct string_list *readonly, struct error *err)
{
	struct error mine;

	for (size_t i = 0; i < masked->count; i++)
		if (mask(masking, masked->items[i], &mine) < 0) {
			*err = mine;
			return fail_in(err, "mask %s", masked->items[i]);
		}
	for (size_t i = 0; i < readonly->count; i++)
		if (make_readonly(masking, readonly->items[i], &mine) < 0) {
			*err = mine;
			return fail_in(err, "make %s read-only", readonly->items[i]);
		}
	return 0;
}

int masks_apply(const struct string_list *masked, const struct string_list *readonly,
		const char *label, int root, struct error *err)
{
	struct masking masking = {
		.root = root,
		.label = label,
		.proc = -1,
		.empty = -1,
		.null = -1,
	};
	int result;

	if (!masked->count && !readonly->count)
		return 0;
	enter_proc(&masking);
	result = apply(&masking, masked, readonly, err);
	close_fd(&masking.proc);
	close_fd(&masking.empty);
	close_fd(&masking.null);
	return result;
}
