/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/load.h"

#include "cli/verbs.h"

struct load_options load_options;

static const struct option rows[] = {
	OPTION_STRING('i', "input", "FILE", struct load_options, input,
		      "an archive or the folder of an OCI layout (default: standard input)"),
	OPTION_STRING(0, "name", "NAME", struct load_options, name,
		      "call the image so; for an archive of one image"),
	OPTION_FLAG('q', "quiet", struct load_options, quiet, "show no progress"),
};

const struct command load_command = {
	.name = "load",
	.group = GROUP_IMAGES,
	.summary = HELP("Load images from an archive"),
	.arguments = "",
	.description =
		HELP("Reads what 'ctr save', podman, docker, buildah and skopeo write: an archive "
		     "of an OCI image\n"
		     "layout, the same as a folder, or a docker archive, compressed or not. "
		     "Everything is\n"
		     "verified by its digest before it has a name; an archive that is not as it "
		     "says leaves\n"
		     "the store as it was.\n"),
	.examples = HELP("ctr load -i app.tar\nctr load <app.tar\n"),
	COMMAND_OPTIONS(rows, load_options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};
