/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/container.h"
#include "runtime/handle.h"
#include "runtime/launch.h"
#include "runtime/seccomp_cache.h"

/* From the options of a verb to a launch that is ready to go: reads, decides, makes nothing. */

struct prepared {
	const char *name; /* of the spec, for messages */
	struct spec spec;
	struct plan plan;
	struct state state;
	struct launch launch;
	const struct connection_plan *network; /* NULL: "network" asks for nothing */
	const char *user; /* spec form: USER[:GROUP] still to be looked up; NULL: none */
	struct string_list volumes, exposed; /* of the image's config: folders, ports */
	struct spec_seccomp *seccomp; /* the default one, which depends on the capabilities */
	const char *seccomp_root; /* where its program is to be kept (seccomp_cache.h); NULL: is */
	struct seccomp_key seccomp_key;
	int layers_lock; /* held until the layers are recorded; -1: none */
};

/*
 * Reads the spec (or the image's), validates it and plans. Everything lives in the arena. On
 * success and on failure: prepared_close().
 */
int prepare(const struct settings *settings, const struct container_options *options,
	    struct arena *arena, struct prepared *prepared, struct error *err);

/*
 * To run a stopped container of the spec form once more, on the writable layer and with the spec
 * that it has. Takes the data folder of handle, which is locked.
 */
int prepare_again(const struct settings *settings, struct handle *handle, struct arena *arena,
		  struct prepared *prepared, struct error *err);

/* The same for a container that exists: a launch for launch_remove() and launch_start_created(). */
int prepare_existing(const struct settings *settings, struct handle *handle, struct arena *arena,
		     struct prepared *prepared, struct error *err);

/* To be called when the container is under way: keeps for the next start what this one made. */
void prepared_keep(const struct prepared *prepared);

/* An ID for a container that was given none. */
char *prepare_make_id(struct arena *arena);

void prepared_close(struct prepared *prepared);

#define PREPARED_NONE ((struct prepared){ .launch = { LAUNCH_NONE }, .layers_lock = -1 })
#define cleanup_prepared __attribute__((cleanup(prepared_close)))
