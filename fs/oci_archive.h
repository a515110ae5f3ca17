/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/image_load.h"

/*
 * The images of an OCI image layout that has been taken in (image-spec, image-layout.md): each is
 * followed from index.json to its layers, and what is not as it says it is refuses all of them.
 *
 * Of an image for several platforms, that for this machine must be whole; those for others are kept
 * as far as they are there. Artifacts (signatures, attestations and such) beside an image are left
 * out with a warning. Annotations of the index's descriptors are not taken, but for the name.
 */

/* Adds the images to load->names and marks their files as wanted. */
int oci_archive_images(struct image_load *load, struct intake *intake, struct error *err);

/* Refuses a config whose layers these are not; file has the layer that diff_ids[i] is of. */
int image_load_check_layer(const struct intake_file *file, const char *diff_id, struct error *err);
