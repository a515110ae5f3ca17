/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>

#include "runtime/container.h"

static struct exec_options options;

static const struct option rows[] = {
	OPTION_FLAG('i', "interactive", struct exec_options, interactive,
		    "accepted: standard input is always passed on"),
	OPTION_FLAG('t', "tty", struct exec_options, terminal, "give the process a terminal"),
	OPTION_FLAG('d', "detach", struct exec_options, detach, "do not wait for its end"),
	OPTION_STRINGS('e', "env", "NAME=VALUE", struct exec_options, env,
		       "set an environment variable"),
	OPTION_STRING('u', "user", "USER[:GROUP]", struct exec_options, user,
		      "run as this user of the container, by name or number"),
	OPTION_STRINGS('g', "additional-gids", "GID", struct exec_options, gids,
		       "add a supplementary group, by number"),
	OPTION_STRING('w', "workdir", "DIR", struct exec_options, cwd, "the working directory"),
	OPTION_STRING(0, "cwd", "DIR", struct exec_options, cwd, "the same as --workdir"),
	OPTION_STRINGS('c', "cap", "CAPABILITY", struct exec_options, caps,
		       "add a capability: CAP_NET_RAW"),
	OPTION_FLAG(0, "no-new-privs", struct exec_options, no_new_privileges,
		    "no program may give the process more privileges"),
	OPTION_STRING(0, "apparmor", "PROFILE", struct exec_options, apparmor_profile,
		      "the AppArmor profile of the process"),
	OPTION_STRING(0, "process-label", "LABEL", struct exec_options, selinux_label,
		      "the SELinux label of the process"),
	OPTION_STRING(0, "cgroup", "PATH", struct exec_options, cgroup,
		      "the cgroup of the process, below the container's; / is that itself"),
	OPTION_STRING('p', "process", "FILE", struct exec_options, process_path,
		      "take all from FILE, a JSON process object, instead"),
	OPTION_STRING(0, "pidfd-socket", "SOCKET", struct exec_options, pidfd_socket,
		      "send a pidfd of the process to this unix socket"),
	OPTION_STRING(0, "pid-file", "FILE", struct exec_options, pid_file,
		      "write the number of the process to FILE"),
	OPTION_STRING(0, "console-socket", "SOCKET", struct exec_options, console_socket,
		      "send the terminal's master to this unix socket"),
	OPTION_INT(0, "preserve-fds", "N", struct exec_options, preserve_fds, 0, 1000,
		   "hand descriptors 3 to 3+N-1 to the process"),
	OPTION_FLAG(0, "ignore-paused", struct exec_options, ignore_paused,
		    "start it in a frozen container; it runs when that is thawed"),
	OPTION_FLAG(0, "no-subreaper", struct exec_options, no_subreaper,
		    "accepted for engines, without effect here"),
};

const struct command exec_command = {
	.name = "exec",
	.group = GROUP_RUN,
	.summary = HELP("Run a command in a running container"),
	.arguments = "ID [COMMAND...]",
	.min = 1,
	.max = -1,
	.description = HELP(
		"The command joins the container's namespaces and cgroup, with its capabilities "
		"and\n"
		"seccomp filter. What follows ID belongs to the command. The exit status is the\n"
		"command's, 128+N if signal N ended it, 255 if it could not be run.\n"),
	.examples = HELP(
		"ctr exec web ps ax\nctr exec -it web sh\nctr exec -u nobody -e LANG=C web id\n"),
	COMMAND_OPTIONS(rows, options),
	.order = OPTIONS_FIRST,
	.flags = COMMAND_GUARD | COMMAND_JOINS,
	.failure = FAILURE_EXEC,
};

int cmd_exec(struct invocation *invocation, struct error *err)
{
	int exit_status = FAILURE_EXEC;

	options.id = invocation->arguments[0];
	options.args.items = invocation->arguments + 1;
	options.args.count = (size_t)invocation->count - 1;
	if (!options.args.count && !options.process_path)
		return fail(err, EINVAL, "COMMAND is missing (see '%s exec --help')",
			    program_name());
	if (options.args.count && options.process_path)
		return fail(err, EINVAL, "--process and a command exclude each other");
	if (container_exec(&invocation->settings, &options, &exit_status, err) < 0) {
		invocation->failure = exit_status;
		return -1;
	}
	return exit_status;
}
