/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/prepare.h"

/* `run IMAGE` and "overlay": {"image": ...}: what a container takes from an image of the store. */

/*
 * Makes the spec that an image's config describes (image-spec, conversion.md) upon the template
 * of `ctr spec`. A user name is looked up in the image's own files. args, if there are any, take
 * the place of config.Cmd: they are arguments of config.Entrypoint.
 */
int image_form_spec(const struct settings *settings, const char *image,
		    const struct string_list *args, struct arena *arena, struct prepared *prepared,
		    struct error *err);

/*
 * The image's layers as directories, topmost first; those that are not unpacked yet are unpacked
 * by the companion. prepared->layers_lock then keeps them from being pruned.
 */
int image_form_lowers(const struct settings *settings, const char *image, struct arena *arena,
		      struct prepared *prepared, struct string_list *lowers, struct error *err);
