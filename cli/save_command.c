/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/save.h"

#include "cli/verbs.h"
#include "fs/image_save.h"

struct save_options save_options;

static const char *const formats[] = {
	[IMAGE_OCI_ARCHIVE] = "oci-archive",
	[IMAGE_DOCKER_ARCHIVE] = "docker-archive",
	[IMAGE_OCI_FOLDER] = "oci-dir",
	NULL,
};

static const struct option rows[] = {
	OPTION_STRING('o', "output", "FILE", struct save_options, output,
		      "the archive, or the folder to make (default: standard output)"),
	OPTION_WORD(0, "format", "FORMAT", struct save_options, format, formats,
		    "oci-archive (default), docker-archive, or oci-dir: a folder"),
	OPTION_FLAG('m', "multi-image-archive", struct save_options, multi,
		    "accepted: an archive may always have several images"),
	OPTION_FLAG('q', "quiet", struct save_options, quiet, "show no progress"),
};

const struct command save_command = {
	.name = "save",
	.group = GROUP_IMAGES,
	.summary = HELP("Save images to an archive"),
	.arguments = "IMAGE...",
	.min = 1,
	.max = -1,
	.description =
		HELP("The default is an archive that podman, docker, buildah and skopeo load, "
		     "with all digests as\n"
		     "they are: an OCI image layout that has docker's manifest.json as well. A "
		     "docker-archive has\n"
		     "plain layers.\n"),
	.examples = HELP("ctr save -o app.tar app:1 app:2\nctr save app:1 | ssh host ctr load\n"),
	COMMAND_OPTIONS(rows, save_options),
	.flags = COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};
