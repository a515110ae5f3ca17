/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/launchpad.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/nsfs.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/user_namespace.h"
#include "fs/launchpad_make.h"

/*
 * From how many mounts on it is made: what it costs to go there and back is the copy of some ten,
 * but a namespace that stays behind should be worth it. Ordinary hosts have thirty to sixty.
 */
#define MANY_MOUNTS 128

static const char *const tree_paths[LAUNCHPAD_TREES] = {
	[LAUNCHPAD_PROC] = "/proc",
	[LAUNCHPAD_SYS] = "/sys",
	[LAUNCHPAD_MQUEUE] = "/dev/mqueue",
};

bool launchpad_pays(void)
{
	const struct sys_mount_request request = { .size = sizeof(request), .id = SYS_LSMT_ROOT };
	uint64_t ids[MANY_MOUNTS];

	return sys_listmount(&request, ids, MANY_MOUNTS) == MANY_MOUNTS;
}

int launchpad_find(int root, struct error *err)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	cleanup_fd int namespace = sys_openat2(root, LAUNCHPAD_FOLDER "/" LAUNCHPAD_FILE, &how);
	cleanup_fd int owner = -1;
	struct statfs filesystem;

	if (namespace < 0)
		return fail_errno(err, "open the launchpad");
	/* without a namespace on it, it is the empty file of one that was not finished */
	if (fstatfs(namespace, &filesystem) < 0 || filesystem.f_type != NSFS_MAGIC)
		return fail(err, ENOENT, "the launchpad is not finished");
	if (ioctl(namespace, NS_GET_NSTYPE) != CLONE_NEWNS)
		return fail(err, EPERM, "the launchpad is no mount namespace");
	owner = ioctl(namespace, NS_GET_USERNS);
	if (owner < 0 || !is_initial_user_namespace(owner))
		return fail(err, EPERM, "the launchpad belongs to a user namespace");
	return take_fd(&namespace);
}

/* Of a folder in which others may write we believe nothing. */
static int open_root(const char *path, struct error *err)
{
	cleanup_fd int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat status;

	if (root < 0 || fstat(root, &status) < 0)
		return fail_errno(err, "open %s", path);
	if (status.st_uid != geteuid() || (status.st_mode & (S_IWGRP | S_IWOTH)))
		return fail(err, EPERM, "%s: others may write there", path);
	return take_fd(&root);
}

static int open_trees(bool user_namespace, struct launchpad *launchpad, struct error *err)
{
	for (int i = 0; i < (user_namespace ? LAUNCHPAD_TREES : LAUNCHPAD_SYS); i++) {
		launchpad->trees[i] = open_tree(AT_FDCWD, tree_paths[i],
						OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (launchpad->trees[i] < 0 && (i != LAUNCHPAD_MQUEUE || errno != ENOENT))
			return fail_errno(err, "clone %s", tree_paths[i]);
	}
	return 0;
}

static int open_all(const char *path, bool user_namespace, struct launchpad *launchpad,
		    struct error *err)
{
	cleanup_fd int root = -1;

	if (in_user_namespace())
		return fail(err, EPERM, "no launchpad in a user namespace");
	root = open_root(path, err);
	if (root < 0)
		return -1;
	launchpad->namespace = launchpad_find(root, err);
	if (launchpad->namespace < 0 && err->errnum == ENOENT)
		launchpad->namespace = launchpad_make(root, err);
	return launchpad->namespace < 0 ? -1 : open_trees(user_namespace, launchpad, err);
}

int launchpad_open(const char *root, bool user_namespace, struct launchpad *launchpad,
		   struct error *err)
{
	if (open_all(root, user_namespace, launchpad, err) == 0)
		return 0;
	launchpad_close(launchpad);
	return -1;
}

static int enter(struct launchpad *launchpad)
{
	launchpad->own_namespace = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
	launchpad->own_root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	launchpad->own_directory = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (launchpad->own_namespace < 0 || launchpad->own_root < 0 || launchpad->own_directory < 0)
		return -1;
	return setns(launchpad->namespace, CLONE_NEWNS);
}

void launchpad_enter(struct launchpad *launchpad)
{
	if (launchpad->namespace < 0 || enter(launchpad) == 0)
		return;
	log_debug("the launchpad cannot be entered: %m");
	launchpad_close(launchpad);
}

/* setns(2) has set both root and directory to the root of the namespace. */
int launchpad_leave(struct launchpad *launchpad, struct error *err)
{
	if (launchpad->namespace < 0)
		return 0;
	if (setns(launchpad->own_namespace, CLONE_NEWNS) < 0 || fchdir(launchpad->own_root) < 0 ||
	    chroot(".") < 0 || fchdir(launchpad->own_directory) < 0)
		return fail_errno(err, "go back to the own mount namespace");
	launchpad_close(launchpad);
	return 0;
}

int launchpad_furnish(const struct launchpad *launchpad, struct error *err)
{
	for (int i = 0; i < LAUNCHPAD_TREES; i++)
		if (launchpad->trees[i] >= 0 &&
		    move_mount(launchpad->trees[i], "", AT_FDCWD, tree_paths[i],
			       MOVE_MOUNT_F_EMPTY_PATH) < 0)
			return fail_errno(err, "attach %s", tree_paths[i]);
	return 0;
}

void launchpad_close(struct launchpad *launchpad)
{
	close_fd(&launchpad->namespace);
	for (int i = 0; i < LAUNCHPAD_TREES; i++)
		close_fd(&launchpad->trees[i]);
	close_fd(&launchpad->own_namespace);
	close_fd(&launchpad->own_root);
	close_fd(&launchpad->own_directory);
}
