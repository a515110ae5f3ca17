/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * A copy-on-write view of layers (Linux: Documentation/filesystems/overlayfs.rst). Layers go to
 * the kernel as descriptors, so that any name (":", ",", "\") and as many lowers as the kernel
 * takes (500) work.
 */

struct overlay_plan {
	struct string_list lowers; /* absolute and clean, topmost first; at least one */
	const char *upper, *work;  /* absolute, siblings on one mount; NULL: a read-only view */
	bool volatile_upper;	   /* nothing is synced: not after a crash to be used again */
	uint64_t size;		   /* a limit that somebody set for upper, bytes; 0: none */
	const char *label;	   /* mount_label_plan(); NULL: the layers' own labels */
	bool scratch;		   /* without an upper: a tmpfs as upper layer (for mount points) */
};

/*
 * Makes upper and work when they are missing: upper with mode and owner of the topmost lower's
 * root, which the view's root will have. Parent side, before overlay_open(). The folder that they
 * are in must be there.
 */
int overlay_prepare(const struct overlay_plan *plan, struct error *err);

/* Layers on disk with ownership as a user namespace sees it. */
struct overlay_idmap {
	int userns; /* of which the mappings are used */
	uid_t uid;  /* who its root is outside: the view acts on its layers as this user, */
	gid_t gid;  /* as nobody else's files can be made through an idmapped mount */
};

/*
 * Mounts the view, with the caller's privileges, and returns it as a detached mount: nothing is
 * attached anywhere, closing the fd undoes it. idmap: NULL when layers are as they are. Without
 * upper and scratch one lower alone is a read-only bind of it (without what is mounted below it,
 * as in every view).
 */
int overlay_open(const struct overlay_plan *plan, const struct overlay_idmap *idmap,
		 struct error *err);
