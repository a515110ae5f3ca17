/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "fs/store.h"

/*
 * Which images are meant, as the filters of podman and docker say it, "KEY=VALUE": reference
 * (a name or a pattern of the shell), dangling (true or false: without a name), label (KEY or
 * KEY=VALUE), before and since (an image: created earlier or later). All of them must hold, but of
 * several references one.
 */
struct image_filters {
	struct string_list references, labels;
	const char *before, *since; /* created, RFC 3339; NULL: not asked for */
	int dangling;		    /* -1: not asked for */
};

int image_filters_parse(const struct string_list *texts, const struct store *store,
			struct arena *arena, struct image_filters *filters, struct error *err);

bool image_filters_hold(const struct image_filters *filters, const struct image *image,
			struct arena *arena);
