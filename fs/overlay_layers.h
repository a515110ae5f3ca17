/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "fs/overlay.h"

/* Between the files of the overlay only: the layers of a view as descriptors, and its mount. */

/* OVL_MAX_STACK of the kernel */
#define OVERLAY_MAX_LOWERS 500

struct overlay_request {
	const struct overlay_plan *plan;
	int userns;  /* layers are idmapped to it; -1: they are not */
	bool attach; /* we are in a private mount namespace: attach what is detached */
};

/*
 * Layers that are mounts of their own (idmapped clones, a scratch tmpfs) are also in detached:
 * kernels before 6.15 take such a mount as a layer only when it is attached in the mount namespace
 * of who mounts the view.
 */
struct overlay_layers {
	int lowers[OVERLAY_MAX_LOWERS], detached[OVERLAY_MAX_LOWERS + 1];
	size_t lower_count, detached_count;
	int upper, work; /* -1: none */
};

/* Opens the layers of request. overlay_layers_close() is the caller's, after a failure too. */
int overlay_layers_open(struct overlay_layers *layers, const struct overlay_request *request,
			struct error *err);
void overlay_layers_close(struct overlay_layers *layers);

/* Opens the layers and mounts the view. Returns a detached mount, the caller's. */
int overlay_mount(const struct overlay_request *request, struct error *err);
