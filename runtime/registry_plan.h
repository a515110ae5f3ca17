/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/string_list.h"

/*
 * Images to and from registries, and all else that skopeo knows (skopeo(1), "IMAGE NAMES"), as its
 * command line. Pure.
 */

/* What a user may say of the other side; NULL: nothing. */
struct registry_options {
	const char *creds, *authfile, *cert_dir;
	bool no_tls_verify;
	bool quiet;
	/* pull: of an image for several platforms, and how podman says it in one */
	const char *os, *architecture, *variant, *platform;
	/* push */
	const char *format, *compression, *digest_file;
	bool remove_signatures;
};

/* Where an image comes from or goes to. */
struct registry_place {
	const char *location; /* for skopeo: TRANSPORT:DETAILS */
	const char *name;     /* what ctr calls such an image: NULL, there is nothing to go by */
	/*
	 * Set for archives and layouts without a name behind: their path. All of what they hold is
	 * meant, which load does.
	 */
	const char *archive;
};

/*
 * A transport with its details (docker://, docker-daemon:, containers-storage:, oci:, oci-archive:,
 * docker-archive:, dir:), or the name of an image, which is one of a registry: docker://NAME. Short
 * names are Docker's: docker.io/library/NAME.
 */
int registry_place_parse(const char *text, struct arena *arena, struct registry_place *place,
			 struct error *err);

/* The arguments of skopeo, program itself first, from and to being TRANSPORT:DETAILS. */
int registry_pull_plan(const char *program, const char *from, const char *to,
		       const struct registry_options *options, struct arena *arena,
		       struct string_list *argv, struct error *err);
int registry_push_plan(const char *program, const char *from, const char *to,
		       const struct registry_options *options, struct arena *arena,
		       struct string_list *argv, struct error *err);

/* What skopeo says of a failure in its log, as one line; what it says otherwise as it stands. */
char *registry_message(const char *log, struct arena *arena);
