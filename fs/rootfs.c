/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/rootfs.h"

#include <errno.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fs/conceal.h"
#include "fs/filesystem.h"
#include "fs/masks.h"

/*
 * Here we are the child, root in namespaces of our own. The mount namespace is a copy of the
 * host's until rootfs_pivot(). Nothing may be allocated.
 */

int rootfs_attach(struct rootfs *rootfs, bool bare, struct error *err)
{
	const char *path = rootfs->plan->path && !bare ? rootfs->plan->path : "/";

	/* from here on nothing that is mounted or unmounted shows on the host */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return fail_errno(err, "make the mounts private");
	if (move_mount(rootfs->root, "", AT_FDCWD, path,
		       MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_SYMLINKS) == 0)
		return 0;
	/* a user namespace may be barred from the way to path; "/" is always there */
	if (errno != EACCES && errno != EPERM && errno != ENOENT)
		return fail_errno(err, "attach the root at %s", path);
	if (move_mount(rootfs->root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return fail_errno(err, "attach the root");
	return 0;
}

int rootfs_mount(struct rootfs *rootfs, struct error *err)
{
	const struct rootfs_plan *plan = rootfs->plan;

	if (mounts_apply(&plan->mounts, rootfs->mounts, rootfs->root, err) < 0)
		return -1;
	return devices_apply(&plan->devices, rootfs->devices, rootfs->root, err);
}

int rootfs_protect(struct rootfs *rootfs, struct error *err)
{
	const struct rootfs_plan *plan = rootfs->plan;

	if (mounts_protect(&plan->mounts, rootfs->root, err) < 0 ||
	    masks_apply(&plan->masked, &plan->readonly_paths, plan->label, rootfs->root, err) < 0)
		return -1;
	if (plan->readonly && mount_change(rootfs->root, MOUNT_ATTR_RDONLY, 0, 0, false, err) < 0)
		return fail_in(err, "make the root read-only");
	return 0;
}

/*
 * pivot_root(".", "."): the old root is then mounted on top of the new one, where umount2(".")
 * finds it (pivot_root(2), "pivot_root(., .)"): no directory for it is needed.
 */
static int pivot(struct error *err)
{
	if (sys_pivot_root(".", ".") < 0)
		return fail_errno(err, "pivot_root (is the host on an initramfs? --no-pivot)");
	if (umount2(".", MNT_DETACH) < 0)
		return fail_errno(err, "unmount the host's root");
	return 0;
}

/* An initramfs cannot be left by pivot_root(2): the root is put over it. */
static int move_over(int root, struct error *err)
{
	/* EINVAL, ELOOP: it is there already (rootfs_attach) */
	if (move_mount(root, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 && errno != EINVAL &&
	    errno != ELOOP)
		return fail_errno(err, "move the root over /");
	if (chroot(".") < 0)
		return fail_errno(err, "chroot");
	return 0;
}

int rootfs_pivot(struct rootfs *rootfs, bool no_pivot, int proc, struct error *err)
{
	uint64_t propagation = rootfs->plan->propagation;
	const char *path = rootfs->plan->path ? rootfs->plan->path : "/";

	if (no_pivot && conceal_mounts(proc, path, err) < 0)
		return -1;

	if (fchdir(rootfs->root) < 0)
		return fail_errno(err, "enter the root");
	if ((no_pivot ? move_over(rootfs->root, err) : pivot(err)) < 0)
		return -1;
	if (chdir("/") < 0)
		return fail_errno(err, "enter /");
	/* not before: a shared parent is refused by pivot_root(2) and by move_mount(2) */
	if (propagation == MS_SHARED || propagation == MS_UNBINDABLE)
		return mount_change(rootfs->root, 0, 0, propagation, false, err);
	return 0;
}
