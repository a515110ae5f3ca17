/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "base/fd.h"
#include "base/macro.h"
#include "base/path.h"
#include "base/sys.h"
#include "base/user_namespace.h"
#include "fs/devices.h"
#include "fs/filesystem.h"

/*
 * Here we are the child. /dev may be a link that an image put there: it is opened inside the root
 * once, and everything is made relative to that descriptor, by calls that follow no link.
 */

static const struct {
	const char *name, *target;
} links[] = {
	{ "fd", "/proc/self/fd" },	 { "stdin", "/proc/self/fd/0" },
	{ "stdout", "/proc/self/fd/1" }, { "stderr", "/proc/self/fd/2" },
	{ "core", "/proc/kcore" },
};

/*
 * Attaches a detached mount of a device to the name, which is made when it is missing. The place
 * must not be a link: it is opened as it is, and one that was there before us is looked at.
 */
static int bind_node(int mount, int directory, const char *name, struct error *err)
{
	bool made = mknodat(directory, name, S_IFREG | 0644, 0) == 0;
	cleanup_fd int target = -1;
	struct stat status;

	if (!made && errno != EEXIST)
		return fail_errno(err, "make a place for it");
	target = openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target < 0 || (!made && fstat(target, &status) < 0))
		return fail_errno(err, "open the place for it");
	if (!made && (S_ISLNK(status.st_mode) || S_ISDIR(status.st_mode)))
		return fail(err, ELOOP, "a link or directory is in its place");
	return mount_move(mount, target, err);
}

/* Our own user namespace is one in which mknod(2) is refused: the host's node does it there too. */
static int bind_host_node(const struct device_plan *device, int directory, struct error *err)
{
	cleanup_fd int mount = device_open(device, err);

	return mount < 0 ? -1 : bind_node(mount, directory, device->name, err);
}

/*
 * A node that is there already is taken if it is the same, and gets its mode and owner. In a user
 * namespace it may be the host's own, which an engine bound there: nobody in there may change it.
 */
static int adopt_node(const struct device_plan *device, int directory, struct error *err)
{
	cleanup_fd int node = openat(directory, device->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat status;
	char path[64];

	if (node < 0 || fstat(node, &status) < 0)
		return fail_errno(err, "look at it");
	/* the place that was made in its first run */
	if (S_ISREG(status.st_mode) && status.st_size == 0 && in_user_namespace())
		return bind_host_node(device, directory, err);
	if ((status.st_mode & S_IFMT) != (device->mode & S_IFMT) ||
	    (!S_ISFIFO(status.st_mode) && status.st_rdev != device->number))
		return fail(err, EEXIST, "something else is there already in the root");
	if ((status.st_uid != device->uid || status.st_gid != device->gid) &&
	    fchownat(node, "", device->uid, device->gid, AT_EMPTY_PATH) < 0) {
		if (errno == EPERM && in_user_namespace())
			return 0;
		return fail_errno(err, "change the owner");
	}
	/* fchmod(2) takes no O_PATH descriptor; this is the host's /proc still */
	snprintf(path, sizeof(path), "/proc/self/fd/%d", node);
	if ((status.st_mode & 07777) != (device->mode & 07777) &&
	    chmod(path, device->mode & 07777) < 0)
		return fail_errno(err, "change the mode");
	return 0;
}

static int make_node(const struct device_plan *device, int directory, struct error *err)
{
	if (mknodat(directory, device->name, device->mode, device->number) < 0) {
		if (errno == EEXIST)
			return adopt_node(device, directory, err);
		if (errno == EROFS)
			return fail(err, EROFS, "the root is read-only: mount a tmpfs on /dev");
		if (errno == EPERM && in_user_namespace())
			return bind_host_node(device, directory, err);
		return fail_errno(err, "make the node");
	}
	if ((device->uid || device->gid) &&
	    fchownat(directory, device->name, device->uid, device->gid, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_errno(err, "change the owner");
	return 0;
}

/* Opens device->directory, unless the one before was in the same. */
static int enter_directory(const struct device_list *plan, size_t i, int root, int *directory,
			   struct error *err)
{
	const char *path = plan->items[i].directory;

	if (i && *directory >= 0 && !strcmp(plan->items[i - 1].directory, path))
		return 0;
	close_fd(directory);
	*directory = mkdir_in_root(root, path, 0755, err);
	return *directory < 0 ? -1 : 0;
}

/* The same of /dev, behind all of them. */
static int enter_dev(const struct device_list *plan, int root, int *directory, struct error *err)
{
	if (plan->count && !strcmp(plan->items[plan->count - 1].directory, "/dev"))
		return 0;
	close_fd(directory);
	*directory = mkdir_in_root(root, "/dev", 0755, err);
	return *directory < 0 ? -1 : 0;
}

/* *directory is the one of the last node afterwards. */
static int make_nodes(const struct device_list *plan, int *nodes, int root, int *directory,
		      struct error *err)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct device_plan *device = &plan->items[i];
		cleanup_fd int node = take_fd(&nodes[i]);
		int result = enter_directory(plan, i, root, directory, err);

		if (result == 0 && device->bind)
			result = bind_node(node, *directory, device->name, err);
		else if (result == 0)
			result = make_node(device, *directory, err);
		if (result < 0)
			return fail_in(err, "device %s", device->path);
	}
	return 0;
}

static int make_links(int dev, struct error *err)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++)
		if (symlinkat(links[i].target, dev, links[i].name) < 0 && errno != EEXIST)
			return fail_errno(err, "link /dev/%s", links[i].name);
	/* an image may have a node there; it would be that of another devpts */
	if (symlinkat("pts/ptmx", dev, "ptmx") == 0)
		return 0;
	if (errno != EEXIST || unlinkat(dev, "ptmx", 0) < 0 ||
	    symlinkat("pts/ptmx", dev, "ptmx") < 0)
		return fail_errno(err, "link /dev/ptmx");
	return 0;
}

int devices_apply(const struct device_list *plan, int *nodes, int root, struct error *err)
{
	/* modes are to be exactly these; the process's own umask is set later */
	mode_t mask = umask(0);
	cleanup_fd int directory = -1;
	int result = make_nodes(plan, nodes, root, &directory, err);

	if (result == 0 && plan->links)
		result = enter_dev(plan, root, &directory, err);
	if (result == 0 && plan->links)
		result = make_links(directory, err);
	umask(mask);
	return result;
}

int console_attach(int root, int slave, struct error *err)
{
	cleanup_fd int dev = mkdir_in_root(root, "/dev", 0755, err);
	cleanup_fd int mount = -1;

	if (dev < 0)
		return -1;
	mount = open_tree(slave, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (mount < 0)
		return fail_errno(err, "clone the terminal for /dev/console");
	if (bind_node(mount, dev, "console", err) < 0)
		return fail_in(err, "device /dev/console");
	return 0;
}
