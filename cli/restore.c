/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include "cli/container_rows.h"
#include "cli/criu_rows.h"
#include "runtime/container.h"

struct restore_options {
	struct container_options container;
	struct checkpoint_options criu;
};

static struct restore_options options = {
	.container = { .form = FORM_OCI, .bundle = "." },
	.criu = { .image_path = "checkpoint", .status_fd = -1 },
};

static const struct option rows[] = {
	OPTION_STRING('b', "bundle", "DIR", struct restore_options, container.bundle,
		      "the folder of config.json (default: this one)"),
	OPTION_FLAG('d', "detach", struct restore_options, container.detach,
		    "do not wait for its end"),
	OPTION_FLAG(0, "keep", struct restore_options, container.keep,
		    "do not delete it when it has ended"),
	OPTION_STRING(0, "console-socket", "SOCKET", struct restore_options,
		      container.console_socket, "send the terminal's master to this unix socket"),
	OPTION_STRING(0, "pidfd-socket", "SOCKET", struct restore_options, container.pidfd_socket,
		      "send a pidfd of the process to this unix socket"),
	OPTION_STRING(0, "pid-file", "FILE", struct restore_options, container.pid_file,
		      "write the number of the first process to FILE"),
	OPTION_FLAG(0, "no-pivot", struct restore_options, container.no_pivot,
		    "accepted for engines, without effect here"),
	OPTION_FLAG(0, "no-subreaper", struct restore_options, container.no_subreaper,
		    "do not adopt the processes that the container leaves behind"),
	CRIU_ROWS(struct restore_options, criu.),
	OPTION_STRING(0, "lsm-profile", "TYPE:NAME", struct restore_options, criu.lsm_profile,
		      "another label for the processes: apparmor:NAME or selinux:CONTEXT"),
	OPTION_STRING(0, "lsm-mount-context", "CONTEXT", struct restore_options,
		      criu.lsm_mount_context, "another SELinux context for the mounts"),
};

const struct command restore_command = {
	.name = "restore",
	.group = GROUP_SAVE,
	.summary = HELP("Make a container from the images of a checkpoint"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description = HELP(
		"The bundle is that of the container, or a copy at another place; ID is the new "
		"one's. Its\nprocesses go on where they were saved. Images are as trusted as "
		"programs: they say what\nruns, as which user.\n"),
	.examples = HELP("ctr restore --bundle /srv/web --image-path /srv/images --detach web\n"),
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_NEEDS_ROOT,
	.failure = FAILURE_OCI,
};

int cmd_restore(struct invocation *invocation, struct error *err)
{
	int exit_status;

	options.container.id = invocation->arguments[0];
	if (container_restore(&invocation->settings, &options.container, &options.criu,
			      invocation->arena, &exit_status, err) < 0)
		return -1;
	return exit_status;
}
