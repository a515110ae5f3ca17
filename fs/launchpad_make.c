/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/launchpad_make.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/step.h"
#include "base/sys.h"
#include "fs/filesystem.h"
#include "fs/launchpad.h"
#include "fs/private_namespace.h"

struct launchpad_making {
	int root;	 /* the state folder, locked */
	int folder;	 /* the root of the tmpfs on LAUNCHPAD_FOLDER */
	uint64_t number; /* of the caller's mount namespace; 0: it has none */
	int namespace;
};

/* With a place for each of what launchpad_furnish() brings. */
static int make_tree(struct error *err)
{
	static const char *const folders[] = { "proc", "sys", "dev", "dev/mqueue" };
	cleanup_fd int filesystem = filesystem_open("tmpfs", err);
	cleanup_fd int tree = -1;

	if (filesystem < 0 || filesystem_set(filesystem, "mode", "755", err) < 0 ||
	    filesystem_set(filesystem, "size", "4096", err) < 0)
		return -1;
	tree = filesystem_mount(filesystem, 0, err);
	if (tree < 0)
		return -1;
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (mkdirat(tree, folders[i], 0555) < 0)
			return fail_errno(err, "make directory %s", folders[i]);
	if (mount_change(tree,
			 MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
				 MOUNT_ATTR_NOEXEC,
			 0, MS_PRIVATE, false, err) < 0)
		return -1;
	return take_fd(&tree);
}

static int open_own(int proc, struct error *err)
{
	int namespace = openat(proc, "self/ns/mnt", O_RDONLY | O_CLOEXEC);

	return namespace < 0 ? fail_errno(err, "open /proc/self/ns/mnt") : namespace;
}

/* Whether the number of the namespace is lower than that of the caller's; where it has one. */
static bool is_older(int namespace, uint64_t than)
{
	uint64_t number;

	return ioctl(namespace, SYS_NS_GET_MNTNS_ID, &number) == 0 && number <= than;
}

/*
 * A file of a mount namespace can be mounted in older ones only, so that none holds itself. Numbers
 * tell the age, and since Linux 6.18 each processor has a lot of them: a new namespace may count as
 * older than that of its maker, whose processor's next number is higher for certain.
 */
static int renew(int proc, int *namespace, uint64_t than, struct error *err)
{
	cpu_set_t all, one;

	if (!is_older(*namespace, than) || sched_getaffinity(0, sizeof(all), &all) < 0)
		return 0;
	for (int i = 0; i < CPU_SETSIZE && is_older(*namespace, than); i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		if (sched_setaffinity(0, sizeof(one), &one) < 0 || unshare(CLONE_NEWNS) < 0)
			return fail_errno(err, "make a mount namespace");
		close_fd(namespace);
		*namespace = open_own(proc, err);
		if (*namespace < 0)
			return -1;
	}
	return 0;
}

/*
 * Here we are in a short-lived child with a private copy of all mounts, and with the caller's table
 * of descriptors. The copies go when the host's root is let go of, so that of the namespace only
 * the tree is left.
 */
static int empty_namespace(void *context, struct error *err)
{
	const struct launchpad_making *making = context;
	cleanup_fd int proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int namespace = open_own(proc, err);
	cleanup_fd int tree = namespace < 0 ? -1 : make_tree(err);

	if (tree < 0)
		return -1;
	if (move_mount(tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 || fchdir(tree) < 0)
		return fail_errno(err, "attach the tree");
	if (sys_pivot_root(".", ".") < 0 || umount2(".", MNT_DETACH) < 0)
		return fail_errno(err, "let go of the host's mounts");
	return renew(proc, &namespace, making->number, err) < 0 ? -1 : take_fd(&namespace);
}

static int open_folder(int root)
{
	return openat(root, LAUNCHPAD_FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

static bool is_mounted(int folder)
{
	struct statx status;

	return statx(folder, "", AT_EMPTY_PATH, STATX_TYPE, &status) == 0 &&
	       (status.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

static int mount_folder(int folder, struct error *err)
{
	cleanup_fd int filesystem = filesystem_open("tmpfs", err);
	cleanup_fd int tree = -1;

	if (filesystem < 0 || filesystem_set(filesystem, "mode", "700", err) < 0 ||
	    filesystem_set(filesystem, "size", "4096", err) < 0)
		return -1;
	tree = filesystem_mount(filesystem,
				MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, err);
	if (tree < 0 || mount_move(tree, folder, err) < 0)
		return -1;
	return take_fd(&tree);
}

/* That of one who was killed here is taken over. */
static int make_folder(struct launchpad_making *making, struct error *err)
{
	cleanup_fd int folder = -1;

	if (mkdirat(making->root, LAUNCHPAD_FOLDER, 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "make %s", LAUNCHPAD_FOLDER);
	folder = open_folder(making->root);
	if (folder < 0)
		return fail_errno(err, "open %s", LAUNCHPAD_FOLDER);
	making->folder = is_mounted(folder) ? take_fd(&folder) : mount_folder(folder, err);
	if (making->folder < 0)
		return -1;
	/* or the kernel refuses the file of a mount namespace there, which would get copies */
	return mount_change(making->folder, 0, 0, MS_PRIVATE, false, err);
}

/* umount2(2) takes paths only. */
static int unmount(int root, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", root, name);
	return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
}

static int remove_folder(struct launchpad_making *making, struct error *err)
{
	close_fd(&making->folder);
	/* EINVAL: nothing is mounted there */
	if ((unmount(making->root, LAUNCHPAD_FOLDER) < 0 && errno != EINVAL && errno != ENOENT) ||
	    (unlinkat(making->root, LAUNCHPAD_FOLDER, AT_REMOVEDIR) < 0 && errno != ENOENT))
		return fail_errno(err, "remove %s", LAUNCHPAD_FOLDER);
	return 0;
}

static int make_namespace(struct launchpad_making *making, struct error *err)
{
	cleanup_fd int own = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);

	if (own < 0 || ioctl(own, SYS_NS_GET_MNTNS_ID, &making->number) < 0)
		making->number = 0;
	making->namespace = private_namespace_run(empty_namespace, making, err);
	return making->namespace < 0 ? -1 : 0;
}

static int close_namespace(struct launchpad_making *making, struct error *err)
{
	(void)err;
	close_fd(&making->namespace);
	return 0;
}

/* The moment from which there is a launchpad. */
static int pin(struct launchpad_making *making, struct error *err)
{
	cleanup_fd int file = -1, mount = -1;

	file = openat(making->folder, LAUNCHPAD_FILE, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC,
		      0600);
	if (file < 0)
		return fail_errno(err, "make %s", LAUNCHPAD_FILE);
	mount = open_tree(making->namespace, "",
			  OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (mount < 0)
		return fail_errno(err, "clone the file of the namespace");
	return mount_move(mount, file, err);
}

STEPS(launchpad_making);

static const struct launchpad_making_step steps[] = {
	{ "launchpad: folder", make_folder, remove_folder },
	{ "launchpad: namespace", make_namespace, close_namespace },
	{ "launchpad: pin", pin, NULL },
};

static int make(int root, struct error *err)
{
	struct launchpad_making making = { .root = root, .folder = -1, .namespace = -1 };

	if (launchpad_making_run(steps, ARRAY_SIZE(steps), &making, err) < 0)
		return -1;
	close_fd(&making.folder);
	return making.namespace;
}

int launchpad_make(int root, struct error *err)
{
	int found;

	/* who is at it already will be done by the next start */
	if (flock(root, LOCK_EX | LOCK_NB) < 0)
		return fail_errno(err, "lock the state folder");
	found = launchpad_find(root, err);
	if (found < 0 && err->errnum == ENOENT)
		found = make(root, err);
	flock(root, LOCK_UN);
	return found;
}

int launchpad_remove(const char *path, struct error *err)
{
	cleanup_fd int root = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct launchpad_making making = { .root = root, .folder = -1 };

	if (root < 0)
		return errno == ENOENT ? 0 : fail_errno(err, "open %s", path);
	if (faccessat(root, LAUNCHPAD_FOLDER, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (flock(root, LOCK_EX) < 0)
		return fail_errno(err, "lock %s", path);
	return remove_folder(&making, err);
}
