/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "runtime/commit.h"

enum { PAUSE_TRUE = COMMIT_PAUSE_NEVER + 1, PAUSE_FALSE };

/*
 * The options of `ctr commit`. The table that fills them (commit_command.c) is linked into ctr,
 * for help and completion, and into ctr-image, which has the function (commit.c).
 */
struct commit_options {
	struct commit_request request;
	bool quiet;
	const char *id_file; /* that gets the digest; NULL: none */
	int pause;	     /* enum commit_pause, or podman's words for it */
	int format;	     /* enum format */
	/* commit --to-host (host_commit.h) */
	bool to_host, force, dry_run;
};

extern struct commit_options commit_options;
