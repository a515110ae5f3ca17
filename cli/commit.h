/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/*
 * The options of `ctr commit`. The table that fills them (commit_command.c) is linked into ctr,
 * for help and completion, and into ctr-image, which has the function (commit.c).
 */

enum commit_compression { COMMIT_ZSTD, COMMIT_GZIP, COMMIT_NONE };
enum commit_format { COMMIT_TEXT, COMMIT_JSON };

struct commit_options {
	int compression; /* enum commit_compression */
	const char *message, *author;
	int format; /* enum commit_format */
};

extern struct commit_options commit_options;
