/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/criu_rows.h"
#include "runtime/container.h"

static struct checkpoint_options options = { .image_path = "checkpoint", .status_fd = -1 };

static const struct option rows[] = {
	CRIU_ROWS(struct checkpoint_options, ),
	OPTION_FLAG('R', "leave-running", struct checkpoint_options, leave_running,
		    "let the container run on"),
	OPTION_FLAG('P', "pre-dump", struct checkpoint_options, pre_dump,
		    "save its memory only, and let it run on: a later one needs only what changed"),
	OPTION_STRING(0, "parent-path", "DIR", struct checkpoint_options, parent_path,
		      "the images of that earlier one, relative to --image-path"),
	OPTION_INT(0, "status-fd", "N", struct checkpoint_options, status_fd, 0, 65535,
		   "write a zero byte to descriptor N when lazy pages can be fetched"),
	OPTION_FLAG(0, "link-remap", struct checkpoint_options, link_remap,
		    "allow open files that were removed"),
	OPTION_FLAG(0, "tcp-skip-in-flight", struct checkpoint_options, tcp_skip_in_flight,
		    "leave out TCP connections that are being made"),
};

const struct command checkpoint_command = {
	.name = "checkpoint",
	.group = GROUP_SAVE,
	.summary = HELP("Save the processes of a running container as images, by criu"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description = HELP(
		"Afterwards nothing of it runs any more and it is gone: 'restore' makes it again "
		"from the images\nand its bundle. What criu cannot save is told in its own words; "
		"the "
		"container then runs on.\n"),
	.examples = HELP("ctr checkpoint --image-path /srv/images web\n"
			 "ctr checkpoint --leave-running --tcp-established web\n"),
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_OCI,
};

int cmd_checkpoint(struct invocation *invocation, struct error *err)
{
	return container_checkpoint(&invocation->settings, invocation->arguments[0], &options, err);
}
