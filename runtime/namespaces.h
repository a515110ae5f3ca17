/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "specs/runtime_spec.h"

/*
 * Which namespaces a container gets (namespaces(7)): new ones, those of a path, or the caller's.
 *
 * New ones are all made by the one clone3(2) of the launch, with two exceptions. The cgroup
 * namespace is unshared by the child, because clone3 would root it in the parent's cgroup. A time
 * namespace is unshared by the parent, because its offsets must be written before anybody is in
 * it. Joined ones are entered by the child, except the pid namespace, into which one can only be
 * born, and all of them beside a new user namespace: those the parent enters for the clone.
 *
 * A mount namespace is different: the container's root is always set up in a new one, so that
 * nothing of it is ever mounted in somebody else's. A container that joins one by path, or has none
 * and so lives in the caller's, takes a clone of the finished root along (namespaces_settle()).
 */

struct namespaces_plan {
	uint64_t clone_flags;		   /* for clone3: CLONE_NEW* */
	bool own[NAMESPACE_COUNT];	   /* a new one, however it is made */
	const char *path[NAMESPACE_COUNT]; /* to join, NULL: not */
	const struct spec_id_mappings *uid_mappings, *gid_mappings; /* of a new user namespace */
	const struct spec_linux *time_offsets_of; /* where time_offsets are; NULL: none */
	/* A member of the spec that changes what is in the namespace: not the caller's then. */
	const char *changed_by[NAMESPACE_COUNT];
};

/* Pure. host_network: "network": {"mode": "host"} takes a new network namespace out again. */
void namespaces_plan(const struct spec *spec, struct namespaces_plan *plan);

/* Descriptors of what is joined, opened with the caller's privileges; -1 where nothing is. */
struct namespaces_fds {
	int fds[NAMESPACE_COUNT];
	int own[NAMESPACE_COUNT]; /* of the caller, to go back to; -1: was not left */
	int settle;		  /* the mount namespace that the process ends up in; -1: its own */
};

#define NAMESPACES_FDS_NONE                                                                        \
	((struct namespaces_fds){                                                                  \
		.fds = { -1, -1, -1, -1, -1, -1, -1, -1 },                                         \
		.own = { -1, -1, -1, -1, -1, -1, -1, -1 },                                         \
		.settle = -1,                                                                      \
	})

/* The name of a namespace's file in /proc/PID/ns ("mnt"). */
const char *namespace_file(enum namespace_type type);

/*
 * Opens every namespace to join and checks that it is one of the kind that the spec says
 * (ioctl_ns(2), NS_GET_NSTYPE), and not the caller's own if the spec changes something in it.
 */
int namespaces_open(const struct namespaces_plan *plan, struct namespaces_fds *fds,
		    struct error *err);

/*
 * Whether namespaces_prepare() has something to enter. Who has no privileges over the host comes
 * back from none of that, so it is then done in a process that lives only for the clone.
 */
bool namespaces_need_preparation(const struct namespaces_plan *plan);

/*
 * Parent side, right before and right behind clone3: enters what the child can only be born in,
 * and goes back. Whatever the first returns, the second must be called.
 */
int namespaces_prepare(const struct namespaces_plan *plan, struct namespaces_fds *fds,
		       struct error *err);
int namespaces_restore(struct namespaces_fds *fds, struct error *err);
void namespaces_close(struct namespaces_fds *fds);

/*
 * In whoever goes into a user namespace that is joined, before that: joins what belongs to the
 * caller's user namespace, as a time namespace always does that ctr made. What belongs to the other
 * is left to namespaces_join().
 */
void namespaces_join_early(struct namespaces_fds *fds);

/* Child side: joins what is to be joined but mounts, the user namespace first. */
int namespaces_join(const struct namespaces_fds *fds, struct error *err);

/* Child side, in the container's cgroup already: the new cgroup namespace. */
int namespaces_unshare_cgroup(const struct namespaces_plan *plan, struct error *err);

/*
 * Child side, when "/" is the container's root, complete: goes into the mount namespace that the
 * spec wants, if that is not the new one, with a clone of the root, detached from everything, as
 * the process's root. It is seen by nobody else and goes with the last process that uses it.
 */
int namespaces_settle(const struct namespaces_fds *fds, struct error *err);
