/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * A copy-on-write view of layers (Linux: Documentation/filesystems/overlayfs.rst). Layers go to
 * the kernel as descriptors, so that any name (":", ",", "\") and as many lowers as the kernel
 * takes (500) work.
 */

struct overlay_plan {
	struct string_list lowers; /* absolute paths, topmost first; at least one */
	char *upper, *work;	   /* absolute, siblings on one mount; NULL: a read-only view */
	bool volatile_upper;	   /* nothing is synced: not after a crash to be used again */
	bool scratch;		   /* without an upper: a tmpfs as upper layer (for mount points) */
};

/*
 * Mounts the view, with the caller's privileges, and returns it as a detached mount: nothing is
 * attached anywhere, closing the fd undoes it. userns: layers are idmapped to this user namespace;
 * -1: as they are. The directories must be there. Without upper and scratch one lower alone is a
 * recursive bind of it, read-only.
 */
int overlay_open(const struct overlay_plan *plan, int userns, struct error *err);
