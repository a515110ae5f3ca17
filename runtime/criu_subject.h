/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/rootfs.h"
#include "runtime/criu_plan.h"
#include "runtime/namespaces.h"

/*
 * What of a container comes from outside, found out for criu: at a checkpoint from the processes
 * that run, at a restore from the root as it has been opened. Strings live in the arena.
 */

/* The mounts and masks of the running process subject->pid, of those that the plan made. */
int criu_subject_running(struct arena *arena, const struct rootfs_plan *plan,
			 struct criu_subject *subject, struct error *err);

/*
 * The keys of its standard streams: those that are pipes, or files of the host (as /dev/null is).
 */
int criu_subject_streams(struct arena *arena, struct criu_subject *subject, struct error *err);

/* The namespaces that it joined by path, with their inodes. */
int criu_subject_namespaces(const struct namespaces_plan *plan, struct criu_subject *subject,
			    struct error *err);

/*
 * Makes the mount points of a root that is open, and says where its mounts will be: what is for
 * point "/data" is attached as PLACES/N, the number N being its place in rootfs->mounts, or
 * "dN" in rootfs->devices; the root is PLACES/root.
 */
int criu_subject_opened(struct arena *arena, const struct rootfs *rootfs, const char *places,
			struct criu_subject *subject, struct error *err);

/*
 * Makes those places below directory places (for which there is an empty folder), and attaches
 * everything there. For a mount namespace of its own, in a process that has allocated all.
 */
int criu_places_make(const struct rootfs *rootfs, int places, struct error *err);
int criu_places_attach(const struct rootfs *rootfs, int places, struct error *err);
