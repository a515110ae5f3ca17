/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/error.h"

/*
 * Where containers are cloned from on a host with many mounts. clone3(CLONE_NEWNS) copies every
 * mount of the namespace that it is called in, and the container then gets rid of all of them: 4 us
 * a mount, which is more than all the rest from some thousand mounts on. Of what is the host's the
 * parent has opened everything by then (rootfs_open()), so the namespace may be any.
 *
 * The launchpad is a mount namespace with nothing in it but an empty read-only tmpfs, so that it
 * keeps no filesystem of the host busy. It is made by the first start that finds many mounts, and
 * stays as a file of nsfs: ROOT/.@launchpad/mnt, on a small tmpfs of its own, private as
 * mount(2) wants it of the place of such a file. It goes with a reboot, or with launchpad_remove().
 * The name is no container's: those have no '@'.
 *
 *	launchpad_open()	the parent
 *	launchpad_enter()	right before clone3
 *	launchpad_leave()	right behind it
 *	launchpad_furnish()	the child, before rootfs_attach(): what it looks up by its path on
 *				the host
 *
 * Not for who needs the host's mounts in the container's namespace while it is set up (hooks), nor
 * for who is in a user namespace: nothing can be left behind there, and nobody comes back.
 * Kernels: since Linux 6.8, which can count mounts at once (listmount(2)).
 */

enum launchpad_tree {
	LAUNCHPAD_PROC,
	/* for a user namespace: without a view of them it may mount none of its own (EPERM) */
	LAUNCHPAD_SYS,
	LAUNCHPAD_MQUEUE,
	LAUNCHPAD_TREES,
};

struct launchpad {
	int namespace; /* -1: none, the child gets a copy of the host's mounts */
	int trees
		[LAUNCHPAD_TREES]; /* detached clones of the host's, for the child; -1: not there */
	int own_namespace, own_root, own_directory; /* the parent's, to come back to */
};

#define LAUNCHPAD_NONE                                                                             \
	{                                                                                          \
		.namespace = -1, .trees = { -1, -1, -1 }, .own_namespace = -1, .own_root = -1,     \
		.own_directory = -1                                                                \
	}

/* Whether the caller's namespace has so many mounts that a launchpad pays. One system call. */
bool launchpad_pays(void);

/*
 * Opens the launchpad of the state folder root (settings.h), made if there is none. user_namespace:
 * the container has one. -1: there is no launchpad to be had, nothing else has happened.
 */
int launchpad_open(const char *root, bool user_namespace, struct launchpad *launchpad,
		   struct error *err);

/*
 * Goes there; a launchpad that is none, or that cannot be entered, is left out. For what lives only
 * for the clone launchpad_leave() is not needed.
 */
void launchpad_enter(struct launchpad *launchpad);

/* Back to the own mount namespace, root and working directory. */
int launchpad_leave(struct launchpad *launchpad, struct error *err);

/* In the child, in its own namespace. Allocates nothing. */
int launchpad_furnish(const struct launchpad *launchpad, struct error *err);

void launchpad_close(struct launchpad *launchpad);

/* Removes the launchpad of root. Starts that use it are not disturbed; the next one makes it anew. */
int launchpad_remove(const char *root, struct error *err);
