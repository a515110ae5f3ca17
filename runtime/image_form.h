/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/prepare.h"

/* `run IMAGE` and "overlay": {"image": ...}: what a container takes from an image of the store. */

/*
 * Makes the spec that an image's config describes (image-spec, conversion.md) upon the template
 * of `ctr spec`. args, if there are any, take the place of config.Cmd: they are arguments of
 * config.Entrypoint, or of what changes say instead (NULL: nothing). The volumes are left to
 * run_mounts.h, the user, whom options may replace, to image_form_user().
 */
int image_form_spec(const struct settings *settings, const char *image,
		    const struct string_list *args, const struct run_changes *changes,
		    struct arena *arena, struct prepared *prepared, struct error *err);

/*
 * Makes USER[:GROUP] the user of the process: names are looked up in the files of the topmost of
 * these layers that has them.
 */
int image_form_user(struct arena *arena, const struct string_list *lowers, const char *name,
		    struct spec_user *user, struct error *err);

/*
 * The image's layers as directories, topmost first; those that are not unpacked yet are unpacked
 * by the companion. prepared->layers_lock then keeps them from being pruned.
 */
int image_form_lowers(const struct settings *settings, const char *image, struct arena *arena,
		      struct prepared *prepared, struct string_list *lowers, struct error *err);
