/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * For runtime/run_mounts.c: a mount as an option of `run` says it, in the three notations that
 * podman and docker have. Pure. Errors (EINVAL) name the option and its text.
 */
struct mount_wish {
	const char *option, *text;  /* for messages */
	char *type;		    /* "bind", "volume" or "tmpfs" */
	char *source, *target;	    /* NULL: not given */
	struct string_list options; /* words of config.json's mounts */
};

/* -v: [SOURCE:]TARGET[:OPTIONS] */
int mount_wish_read_volume(struct arena *arena, const char *text, struct mount_wish *wish,
			   struct error *err);
/* --tmpfs: TARGET[:OPTIONS], these as in mount(8) */
int mount_wish_read_tmpfs(struct arena *arena, const char *text, struct mount_wish *wish,
			  struct error *err);
/* --mount: type=TYPE,source=PATH,target=PATH... */
int mount_wish_read_words(struct arena *arena, const char *text, struct mount_wish *wish,
			  struct error *err);

/* Whether the target is a place to mount something at. */
int mount_wish_check(const struct mount_wish *wish, struct error *err);

void mount_wish_add(struct arena *arena, struct mount_wish *wish, const char *word);
bool mount_wish_has_propagation(const struct mount_wish *wish);

/* Fails with the option, its text and why. */
int mount_wish_refuse(const struct mount_wish *wish, struct error *err, const char *why);
