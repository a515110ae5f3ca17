/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/image_load.h"

/*
 * The images of an archive of `docker save` or `podman save` that has been taken in. Its
 * manifest.json names a config and layers for each image; the OCI manifest over them is made here.
 * The config stays byte for byte, so that what others call the image's ID is still its digest.
 */

/* Adds the images to load->names, marks their files as wanted and makes their manifests blobs. */
int docker_archive_images(struct image_load *load, struct intake *intake, struct error *err);
