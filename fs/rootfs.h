/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/error.h"
#include "fs/devices.h"
#include "fs/mount.h"
#include "fs/overlay.h"
#include "specs/runtime_spec.h"

/*
 * The container's root with everything in it, in three moves:
 *
 *	rootfs_plan()	pure
 *	rootfs_open()	the parent, before clone, with the caller's privileges: every mount that
 *			comes from the host, detached. What is missing shows here, before anything
 *			is created.
 *	rootfs_attach() the child, in its own mount namespace, in this order; allocates nothing
 *	rootfs_mount()	the mounts of the spec, then devices
 *			(now console_attach() of fs/devices.h, createRuntime/createContainer hooks)
 *	rootfs_protect() masked and read-only paths, read-only root
 *	rootfs_pivot()	the container's root becomes "/", the host's is gone
 *
 * The child must be in all its namespaces (the cgroup namespace too, it is unshared after the
 * clone) and be root of its user namespace before rootfs_attach(). A container without a mount
 * namespace, or one that joins another's by path, must not call the child side: all of it would
 * happen in somebody else's namespace; the launch code refuses or skips it.
 */

struct rootfs_options {
	const char *bundle; /* absolute folder of the spec: its relative paths start there */
	/* The spec form: a copy-on-write view. No lowers: root.path as it is (the OCI form). */
	struct string_list lowers; /* absolute, topmost first */
	const char *upper, *work;  /* absolute, siblings; NULL: read-only view */
	const char *mount_layers;  /* mount_context.layers */
	bool volatile_upper;
	uint64_t size; /* the most that the upper layer may take, bytes; 0: no limit */
	bool idmap;    /* with a user namespace: ownership in the layers is as seen inside */
	/* The container's directory in cgroup2, for a "cgroup" mount without cgroup namespace. */
	const char *cgroup;
};

struct rootfs_plan {
	const char *path;	      /* root.path, absolute */
	struct overlay_plan *overlay; /* NULL: a recursive bind of path */
	bool readonly;
	uint64_t propagation; /* MS_* of linux.rootfsPropagation; 0: private */
	bool idmap;
	bool user_namespace;
	const char
		*user_namespace_path; /* joined: its mappings are used; NULL: those of the spec */
	const struct spec_id_mappings *uids, *gids;
	struct mount_list mounts;
	const char *mount_layers;
	struct device_list devices;
	struct string_list masked, readonly_paths;
	const char *label; /* mount_label_plan() */
};

/* Errors name the member at fault. Pure; the plan points into the spec and the arena. */
int rootfs_plan(struct arena *arena, const struct spec *spec, const struct rootfs_options *options,
		struct rootfs_plan *plan, struct error *err);

/*
 * Parent side, before rootfs_open(): makes the writable layers that are missing, in folders that
 * are there.
 */
int rootfs_prepare(const struct rootfs_plan *plan, struct error *err);

/* The plan as text, a line for each thing: `ctr explain` and the golden files of the tests. */
void rootfs_plan_print(FILE *stream, const struct rootfs_plan *plan);

/* The descriptors between parent and child. */
struct rootfs {
	const struct rootfs_plan *plan;
	int root;		     /* the root mount; detached until rootfs_attach() */
	struct mount_source *mounts; /* one for each of plan->mounts */
	int *devices;		     /* one for each of plan->devices, -1 where mknod does it */
};

/*
 * Parent side. On success the caller owns *rootfs and calls rootfs_close() when the child has
 * been cloned (or when it gives up: nothing else is left behind). On failure it is closed.
 */
int rootfs_open(struct arena *arena, const struct rootfs_plan *plan, struct rootfs *rootfs,
		struct error *err);

/* Closes what is open; accepts a struct that was closed already or is { .root = -1 }. */
void rootfs_close(struct rootfs *rootfs);

/*
 * Child side. Makes the mount namespace private and attaches the root at root.path, where hooks
 * look for it (or on "/", when the user namespace may not walk to that path). bare: the namespace
 * has nothing of the host (fs/launchpad.h): on "/" at once.
 */
int rootfs_attach(struct rootfs *rootfs, bool bare, struct error *err);
int rootfs_mount(struct rootfs *rootfs, struct error *err);
int rootfs_protect(struct rootfs *rootfs, struct error *err);
/*
 * no_pivot: for a host on an initramfs: the root is moved over "/" and chroot(2) is used. proc is
 * the host's procfs.
 */
int rootfs_pivot(struct rootfs *rootfs, bool no_pivot, int proc, struct error *err);
