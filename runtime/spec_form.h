/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/prepare.h"

/*
 * The spec form of `run`: a JSON spec or an image over a copy-on-write root of its own. Both
 * steps fill parts of *prepared and change nothing outside, except that layers of an image which
 * are not unpacked yet are unpacked.
 */

/*
 * Reads the spec file, or makes a spec of the image's config, replaces process.args by those of
 * the options and validates.
 */
int spec_form_read(const struct settings *settings, const struct container_options *options,
		   struct arena *arena, struct prepared *prepared, struct error *err);

/*
 * Decides the layers: lower directories, where the writable layer is, idmapping. prepared->state
 * has its ID already. The spec is then encoded as it will be run, with absolute paths.
 */
int spec_form_layers(const struct settings *settings, const struct container_options *options,
		     struct arena *arena, struct prepared *prepared, struct rootfs_options *rootfs,
		     struct error *err);

/* The layers of a container that exists, as its state has them, to run it again. */
int spec_form_rootfs(struct arena *arena, const struct prepared *prepared,
		     struct rootfs_options *rootfs, struct error *err);
