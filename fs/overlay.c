/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/overlay.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/user_namespace.h"
#include "fs/filesystem.h"
#include "fs/idmap.h"
#include "fs/overlay_layers.h"
#include "fs/private_namespace.h"

/* The mark of a volatile view that was used: without it the kernel says EINVAL and no more. */
static int fail_view(const struct overlay_plan *plan, const struct error *reason, struct error *err)
{
	char mark[PATH_MAX];

	*err = *reason;
	if (!plan->work || reason->errnum != EINVAL)
		return -1;
	snprintf(mark, sizeof(mark), "%s/work/incompat/volatile", plan->work);
	if (access(mark, F_OK) < 0)
		return -1;
	return fail(
		err, EINVAL,
		"%s was written as a volatile layer, which is for one use; after a crash it may "
		"be incomplete (if there was none: remove %s)",
		plan->upper, mark);
}

static int open_view_privately(void *context, struct error *err)
{
	struct overlay_request request = *(const struct overlay_request *)context;

	request.attach = true;
	return overlay_mount(&request, err);
}

/* EINVAL says that the kernel is too old for the direct way, or that something is really wrong. */
static int open_view_either_way(struct overlay_request *request, struct error *err)
{
	struct error newer, older;
	int view = overlay_mount(request, &newer);

	if (view < 0 && newer.errnum == EINVAL)
		view = private_namespace_run(open_view_privately, request, &older);
	return view < 0 ? fail_view(request->plan, &newer, err) : view;
}

/*
 * Effective capabilities as permitted: setfsuid(2) has just taken those for files away. limited:
 * without CAP_SYS_RESOURCE. What the container writes, overlayfs writes as who has mounted it, and
 * ext4 counts but does not limit what those write who have that.
 */
static int set_capabilities(bool limited, struct error *err)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &header, data) < 0)
		return fail_errno(err, "read capabilities");
	for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++)
		data[i].effective = data[i].permitted;
	if (limited)
		data[CAP_TO_INDEX(CAP_SYS_RESOURCE)].effective &= ~CAP_TO_MASK(CAP_SYS_RESOURCE);
	if (syscall(SYS_capset, &header, data) < 0)
		return fail_errno(err, "raise capabilities");
	return 0;
}

/*
 * overlayfs keeps the credentials of who mounts it and works on the layers with them. Files of the
 * host's root have no owner in an idmapped layer (EOVERFLOW), so for the mount we are the
 * container's root, with our own capabilities.
 */
static int open_view_as_owner(struct overlay_request *request, const struct overlay_idmap *idmap,
			      struct error *err)
{
	gid_t gid = (gid_t)setfsgid(idmap->gid);
	uid_t uid = (uid_t)setfsuid(idmap->uid);
	int view = set_capabilities(request->plan->size, err);

	if (view == 0)
		view = open_view_either_way(request, err);
	setfsuid(uid);
	setfsgid(gid);
	return view;
}

static int open_limited_view(struct overlay_request *request, struct error *err)
{
	cleanup_fd int view = -1;

	if (set_capabilities(true, err) < 0)
		return -1;
	view = open_view_either_way(request, err);
	if (view < 0) {
		struct error ignored;

		set_capabilities(false, &ignored);
		return -1;
	}
	return set_capabilities(false, err) < 0 ? -1 : take_fd(&view);
}

/* overlayfs wants two layers at least. */
static int open_single(const char *lower, int userns, struct error *err)
{
	cleanup_fd int mount = open_tree(AT_FDCWD, lower, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	struct stat status;

	if (mount < 0 || fstat(mount, &status) < 0)
		return fail_errno(err, "layer %s", lower);
	if (!S_ISDIR(status.st_mode))
		return fail(err, ENOTDIR, "layer %s: is not a directory", lower);
	if ((userns >= 0 && idmap_mount(mount, userns, false, lower, err) < 0) ||
	    mount_change(mount, MOUNT_ATTR_RDONLY, 0, MS_PRIVATE, false, err) < 0)
		return -1;
	return take_fd(&mount);
}

int overlay_open(const struct overlay_plan *plan, const struct overlay_idmap *idmap,
		 struct error *err)
{
	struct overlay_request request = { .plan = plan, .userns = idmap ? idmap->userns : -1 };
	int view;

	if (!plan->upper && !plan->scratch && plan->lowers.count == 1)
		return open_single(plan->lowers.items[0], request.userns, err);
	view = idmap	    ? open_view_as_owner(&request, idmap, err)
	       : plan->size ? open_limited_view(&request, err)
			    : open_view_either_way(&request, err);
	return view < 0 ? fail_in(err, "overlay") : view;
}

/*
 * The kernel marks a layer that was mounted volatile, and refuses it from then on: it may have
 * lost data in a crash. Who mounts it volatile again has said that this does not matter.
 */
static int remove_volatile_mark(const char *work, struct error *err)
{
	cleanup_fd int dir = open(work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return fail_errno(err, "layer %s", work);
	return remove_tree_at(dir, "work/incompat/volatile", err);
}

int overlay_prepare(const struct overlay_plan *plan, struct error *err)
{
	cleanup_fd int upper = -1;
	struct stat status;

	if (!plan->upper)
		return 0;
	if (mkdir(plan->work, 0700) < 0 && errno != EEXIST)
		return fail_errno(err, "make directory %s", plan->work);
	if (plan->volatile_upper && remove_volatile_mark(plan->work, err) < 0)
		return -1;
	if (mkdir(plan->upper, 0700) < 0)
		return errno == EEXIST ? 0 : fail_errno(err, "make directory %s", plan->upper);
	upper = open(plan->upper, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (upper < 0)
		return fail_errno(err, "layer %s", plan->upper);
	if (stat(plan->lowers.items[0], &status) < 0)
		return fail_errno(err, "layer %s", plan->lowers.items[0]);
	/* an owner that has no number in our user namespace cannot be given anything */
	if ((fchown(upper, status.st_uid, status.st_gid) < 0 &&
	     !(errno == EINVAL && in_user_namespace())) ||
	    fchmod(upper, status.st_mode & 07777) < 0)
		return fail_errno(err, "set up %s", plan->upper);
	return 0;
}
