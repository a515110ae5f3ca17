/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"
#include "fs/filesystem.h"
#include "fs/idmap.h"
#include "fs/rootfs.h"

/* Here we are the parent, on the host, before anything of the container exists. */

static bool needs_mappings(const struct rootfs_plan *plan)
{
	if (plan->idmap)
		return true;
	for (size_t i = 0; i < plan->mounts.count; i++) {
		const struct mount_plan *mount = &plan->mounts.items[i];

		if ((mount->options.idmap || mount->options.recursive_idmap) && !mount->uids)
			return true;
	}
	return false;
}

/* The container's own user namespace does not exist yet: one with the same mappings will do. */
static int open_mappings(const struct rootfs_plan *plan, int *userns, struct error *err)
{
	if (!needs_mappings(plan))
		return 0;
	if (!plan->user_namespace_path) {
		*userns = idmap_userns_fd(plan->uids, plan->gids, err);
		return *userns < 0 ? -1 : 0;
	}
	*userns = open(plan->user_namespace_path, O_RDONLY | O_CLOEXEC);
	if (*userns < 0)
		return fail_errno(err, "user namespace %s", plan->user_namespace_path);
	return 0;
}

/*
 * root.path as it is, with what is mounted below it. Private while it is set up, or the mounts
 * made in it would appear on the host; a slave goes on to receive the host's.
 */
static int open_path(const struct rootfs_plan *plan, struct error *err)
{
	uint64_t propagation = plan->propagation == MS_SLAVE ? MS_SLAVE : MS_PRIVATE;
	cleanup_fd int root =
		open_tree(AT_FDCWD, plan->path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	struct stat status;

	if (root < 0 || fstat(root, &status) < 0)
		return fail_errno(err, "root.path: %s", plan->path);
	if (!S_ISDIR(status.st_mode))
		return fail(err, ENOTDIR, "root.path: %s: is not a directory", plan->path);
	if (mount_change(root, 0, 0, propagation, true, err) < 0)
		return -1;
	return take_fd(&root);
}

/* Whether path is on a mount that an earlier entry of the spec makes. */
static bool is_covered(const struct rootfs_plan *plan, const char *path, size_t before)
{
	for (size_t i = 0; i < before; i++)
		if (path_behind(path, plan->mounts.items[i].destination))
			return true;
	return false;
}

/*
 * A read-only view without a writable layer has no place for mount points and nodes that its
 * layers lack.
 */
static bool lacks_mount_points(const struct rootfs_plan *plan, int root)
{
	struct error missing;

	for (size_t i = 0; i < plan->mounts.count; i++) {
		const char *destination = plan->mounts.items[i].destination;
		cleanup_fd int found = -1;

		if (is_covered(plan, destination, i))
			continue;
		found = open_in_root(root, destination, O_PATH, 0, &missing);
		if (found < 0)
			return true;
	}
	return plan->devices.links && !is_covered(plan, "/dev", plan->mounts.count);
}

/* Who the container's root is outside; -1: nobody. */
static int64_t host_root(const struct spec_id_mappings *mappings)
{
	for (size_t i = 0; i < mappings->count; i++)
		if (mappings->items[i].container_id == 0)
			return mappings->items[i].host_id;
	return -1;
}

static int open_overlay(const struct rootfs_plan *plan, const struct overlay_idmap *idmap,
			struct error *err)
{
	struct overlay_plan scratch;
	cleanup_fd int root = overlay_open(plan->overlay, idmap, err);

	if (root < 0 || plan->overlay->upper || !lacks_mount_points(plan, root))
		return take_fd(&root);
	scratch = *plan->overlay;
	scratch.scratch = true;
	return overlay_open(&scratch, idmap, err);
}

static int find_host_root(const struct rootfs_plan *plan, struct overlay_idmap *idmap,
			  struct error *err)
{
	int64_t uid = host_root(plan->uids), gid = host_root(plan->gids);

	if (plan->user_namespace_path)
		return idmap_userns_root(idmap->userns, &idmap->uid, &idmap->gid, err);
	if (uid < 0 || gid < 0)
		return fail(
			err, EINVAL,
			"linux.uidMappings and gidMappings: container ID 0 must be mapped to use "
			"idmapped layers");
	idmap->uid = (uid_t)uid;
	idmap->gid = (gid_t)gid;
	return 0;
}

static int open_root(const struct rootfs_plan *plan, int userns, struct error *err)
{
	struct overlay_idmap idmap = { .userns = userns };

	if (!plan->overlay)
		return open_path(plan, err);
	if (!plan->idmap)
		return open_overlay(plan, NULL, err);
	if (find_host_root(plan, &idmap, err) < 0)
		return -1;
	return open_overlay(plan, &idmap, err);
}

static int open_all(struct arena *arena, struct rootfs *rootfs, int userns, struct error *err)
{
	const struct rootfs_plan *plan = rootfs->plan;

	rootfs->root = open_root(plan, userns, err);
	if (rootfs->root < 0)
		return -1;
	for (size_t i = 0; i < plan->mounts.count; i++)
		if (mount_source_open(arena, &plan->mounts.items[i], userns, plan->user_namespace,
				      &rootfs->mounts[i], err) < 0)
			return -1;
	for (size_t i = 0; i < plan->devices.count; i++) {
		if (!plan->devices.items[i].bind)
			continue;
		rootfs->devices[i] = device_open(&plan->devices.items[i], err);
		if (rootfs->devices[i] < 0)
			return -1;
	}
	return 0;
}

int rootfs_prepare(const struct rootfs_plan *plan, struct error *err)
{
	if (plan->overlay && overlay_prepare(plan->overlay, err) < 0)
		return -1;
	return mounts_prepare(&plan->mounts, plan->mount_layers, err);
}

int rootfs_open(struct arena *arena, const struct rootfs_plan *plan, struct rootfs *rootfs,
		struct error *err)
{
	cleanup_fd int userns = -1;

	*rootfs = (struct rootfs){
		.plan = plan,
		.root = -1,
		.mounts = arena_array(arena, struct mount_source, plan->mounts.count + 1),
		.devices = arena_array(arena, int, plan->devices.count + 1),
	};
	for (size_t i = 0; i < plan->mounts.count; i++)
		rootfs->mounts[i].mount = rootfs->mounts[i].mappings = -1;
	for (size_t i = 0; i < plan->devices.count; i++)
		rootfs->devices[i] = -1;
	if (open_mappings(plan, &userns, err) == 0 && open_all(arena, rootfs, userns, err) == 0)
		return 0;
	rootfs_close(rootfs);
	return -1;
}

/* Descriptors that follow one another, as those that are opened in turn do: closed by one call. */
struct run {
	int first, end;
};

static void close_run(struct run *run)
{
	if (run->end > run->first)
		close_range((unsigned int)run->first, (unsigned int)run->end - 1, 0);
	*run = (struct run){ 0 };
}

static void close_in_run(struct run *run, int *fd)
{
	if (*fd < 0)
		return;
	if (*fd != run->end) {
		close_run(run);
		run->first = *fd;
	}
	run->end = *fd + 1;
	*fd = -1;
}

void rootfs_close(struct rootfs *rootfs)
{
	const int saved = errno;
	struct run run = { 0 };

	close_in_run(&run, &rootfs->root);
	for (size_t i = 0; rootfs->plan && i < rootfs->plan->mounts.count; i++) {
		close_in_run(&run, &rootfs->mounts[i].mount);
		close_in_run(&run, &rootfs->mounts[i].mappings);
	}
	for (size_t i = 0; rootfs->plan && i < rootfs->plan->devices.count; i++)
		close_in_run(&run, &rootfs->devices[i]);
	close_run(&run);
	errno = saved;
}
