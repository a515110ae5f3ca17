/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/import.h"

#include "cli/verbs.h"

struct import_options import_options;

static const struct option rows[] = {
	OPTION_STRINGS('c', "change", "INSTRUCTION", struct import_options, changes,
		       "of the config, as in a Dockerfile: 'CMD [\"/bin/sh\"]', ENV, USER, ..."),
	OPTION_STRING('m', "message", "TEXT", struct import_options, message,
		      "put TEXT into the image's history"),
	OPTION_STRING(0, "arch", "NAME", struct import_options, architecture,
		      "the architecture that it is for (default: this one)"),
	OPTION_STRING(0, "os", "NAME", struct import_options, os,
		      "the operating system that it is for (default: linux)"),
	OPTION_STRING(0, "variant", "NAME", struct import_options, variant,
		      "the variant of the architecture"),
	OPTION_FLAG('q', "quiet", struct import_options, quiet,
		    "show no progress, print the digest only"),
};

const struct command import_command = {
	.name = "import",
	.group = GROUP_IMAGES,
	.summary = HELP("Make an image of a root filesystem in a tar archive"),
	.arguments = "FILE|- NAME[:TAG]",
	.min = 2,
	.max = 2,
	.description =
		HELP("Of one layer. The archive may be compressed: gzip, zstd, xz, bzip2, lz4.\n"),
	.examples = HELP("ctr import -c 'CMD [\"/bin/sh\"]' rootfs.tar.xz debian:mine\n"
			 "ctr export web | ctr import - web:flat\n"),
	COMMAND_OPTIONS(rows, import_options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};
