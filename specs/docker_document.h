/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * manifest.json of the archives that `docker save` and `podman save` write (moby,
 * image/spec/v1.2.md, "Combined Image JSON + Filesystem Changeset Format"). Paths are those of the
 * archive.
 */

struct docker_image {
	char *config;		      /* the path of its config, an image_config */
	struct string_list repo_tags; /* NAME:TAG */
	struct string_list layers;    /* paths of tar archives, the base first */
};

struct docker_manifest {
	struct {
		struct docker_image *items;
		size_t count;
	} images;
};

/* Everything lives in the arena. Pure. Errors: EINVAL. */
int docker_manifest_decode(struct arena *arena, const char *name, const char *text, size_t size,
			   struct docker_manifest *manifest, struct error *err);

/* The text, ended by a NUL that *size (may be NULL) does not count. */
char *docker_manifest_encode(struct arena *arena, const struct docker_manifest *manifest,
			     size_t *size);
