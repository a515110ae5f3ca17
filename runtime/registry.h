/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/image_load.h"
#include "runtime/registry_plan.h"

/*
 * Images from and to registries, and whatever else skopeo knows. skopeo does the transport, as its
 * users have it set up (registries.conf, policy.json, auth.json); it writes to and reads from a
 * temporary layout (fs/transfer_folder.h), from which load->store takes what came as it takes an
 * archive: verified, and named last.
 *
 * skopeo is ended when ctr is asked to end, and shows its own progress, if not told to be quiet, on
 * standard error.
 */

/*
 * Pulls place; the image is then called name, or by its digest if that is NULL. load has store,
 * arena and progress; its names are the result.
 */
int registry_pull(struct image_load *load, const struct registry_place *place, const char *name,
		  const struct registry_options *options, struct error *err);

int registry_push(const struct store *store, const struct image *image, const char *location,
		  const struct registry_options *options, struct arena *arena, struct error *err);
