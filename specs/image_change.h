/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "base/arena.h"
#include "base/error.h"
#include "specs/image_document.h"

/*
 * Changes of an image's config in the words of a Dockerfile, as --change of `import` takes them:
 * "CMD ["a", "b"]", "ENV NAME=VALUE", "EXPOSE 80/tcp", ... between instruction and rest stands a
 * blank or "=". Understood are CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, ONBUILD, STOPSIGNAL, USER,
 * VOLUME and WORKDIR, in any case of letters.
 *
 * Applies one; what it adds to is copied into the arena. Errors: EINVAL. Pure.
 */
int image_change(struct arena *arena, const char *text, struct image_execution *execution,
		 struct error *err);
