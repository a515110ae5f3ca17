/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/unpack.h"

#include <limits.h>

#include "cli/verbs.h"

struct unpack_verb_options unpack_verb_options;

static const struct option rows[] = {
	OPTION_SIZE(0, "max-size", "SIZE", struct unpack_verb_options, max_size,
		    "refuse a layer that is larger (default 256g)"),
	OPTION_INT(0, "max-ratio", "N", struct unpack_verb_options, max_ratio, 1, INT_MAX,
		   "refuse a layer N times as large as its blob (default: 200 beyond 8g)"),
	OPTION_INT('j', "jobs", "N", struct unpack_verb_options, jobs, 1, 64,
		   "layers at a time (default: one a processor)"),
	OPTION_FLAG('q', "quiet", struct unpack_verb_options, quiet, "show no progress"),
};

const struct command unpack_command = {
	.name = "unpack",
	.group = GROUP_IMAGES,
	.summary = HELP("Unpack the layers of images, which run otherwise does when it needs them"),
	.arguments = "IMAGE...",
	.min = 1,
	.max = -1,
	.description =
		HELP("Layers that are unpacked already are left as they are. Checked are the\n"
		     "digests of each blob and of the archive in it, and that no entry leads\n"
		     "out of its layer.\n"),
	.examples = HELP("ctr unpack app:1\nctr unpack --max-size 500g huge:1\n"),
	COMMAND_OPTIONS(rows, unpack_verb_options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};
