/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/try.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/try_end.h"
#include "cli/verbs.h"
#include "runtime/container.h"
#include "runtime/run_changes.h"

enum network { NETWORK_NONE, NETWORK_HOST };

static const char *const networks[] = {
	[NETWORK_NONE] = "none",
	[NETWORK_HOST] = "host",
	NULL,
};

static struct values {
	const char *name;
	struct string_list writable;
	int network;
	bool remove, keep, detach, quiet, verbose;
} options = { .network = NETWORK_HOST };

static const struct option rows[] = {
	OPTION_WORD(0, "net", "NET", struct values, network, networks,
		    "none: no network but a loopback device; host (the default)"),
	OPTION_STRINGS(0, "rw", "PATH", struct values, writable,
		       "what is written below PATH is written on the host (again: more of them)"),
	OPTION_STRING('n', "name", "ID", struct values, name, "name it (default: made up)"),
	OPTION_FLAG(0, "rm", struct values, remove, "throw the changes away, do not ask"),
	OPTION_FLAG('k', "keep", struct values, keep, "keep the changes, do not ask"),
	OPTION_FLAG('d', "detach", struct values, detach,
		    "leave it running; a monitor keeps its output and exit status"),
	OPTION_FLAG('q', "quiet", struct values, quiet, "do not say what can be done next"),
	OPTION_FLAG('v', "verbose", struct values, verbose,
		    "say which parts of the host are not copy-on-write, and why"),
};

const struct command try_command = {
	.name = "try",
	.group = GROUP_RUN,
	.summary = HELP("Run a command on a copy-on-write view of this host"),
	.arguments = "[--] COMMAND [ARGUMENTS...]",
	.min = 1,
	.max = -1,
	.description = HELP(
		"COMMAND runs here as it always does: as you, in this directory, with this "
		"environment and\n"
		"terminal. It sees all files of the host, and may change any that you may; but "
		"what it changes\n"
		"is its own, and the host stays as it is. Processes, IPC and the host name are "
		"its own too.\n"
		"\n"
		"Afterwards the changes can be listed ('diff'), be made on the host ('commit "
		"--to-host'), be\n"
		"kept for later, or be thrown away ('rm'). On a terminal you are asked; "
		"otherwise they are\n"
		"kept. If nothing has changed nothing is kept. The exit status is the "
		"command's, as of 'run'.\n"),
	.examples = HELP("ctr try apt-get install nginx\n"
			 "ctr try --rm --net=none -- sh ./install.sh --prefix /usr\n"
			 "ctr try --rw ~/build -- make install\n"
			 "ctr try --keep --name upgrade apt-get -y upgrade; ctr diff upgrade\n"),
	COMMAND_OPTIONS(rows, options),
	.order = OPTIONS_FIRST,
	.flags = COMMAND_GUARD | COMMAND_ENTERS,
	.failure = FAILURE_RUN,
};

static int check_options(struct error *err)
{
	if (options.remove && options.keep)
		return fail(err, EINVAL, "--rm and --keep exclude each other");
	return 0;
}

/* Which parts are not as the rest. */
static void print_notes(const struct host_view *view)
{
	for (size_t i = 0; i < view->count; i++) {
		const struct view_part *part = &view->items[i];

		if (part->note)
			fprintf(stderr, "%s: %s is %s: %s\n", program_name(), part->path,
				part->kind == VIEW_LEFT_OUT ? "left out" : "read-only", part->note);
	}
}

static bool has_terminal(void)
{
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && isatty(STDERR_FILENO);
}

int cmd_try(struct invocation *invocation, struct error *err)
{
	static const struct run_changes changes = { .init = true };
	const struct settings *settings = &invocation->settings;
	const struct try_options try = {
		.args = { invocation->arguments, (size_t)invocation->count },
		.writable = options.writable,
		.own_network = options.network == NETWORK_NONE,
		.terminal = has_terminal() && !options.detach,
	};
	struct try_plan plan;
	struct container_options container = {
		.form = FORM_SPEC,
		.id = options.name,
		.spec = &plan.spec,
		.changes = &changes,
		.remove = options.remove,
		.detach = options.detach,
	};
	const char *id;
	int status;

	if (check_options(err) < 0 || try_plan(settings, &try, invocation->arena, &plan, err) < 0)
		return -1;
	if (plan.skeleton.count)
		container.skeleton = &plan.skeleton;
	if (options.verbose)
		print_notes(&plan.view);
	if (container_run(settings, &container, invocation->arena, &id, &status, err) < 0) {
		invocation->failure = status;
		return -1;
	}
	if (options.detach) {
		puts(id);
		return 0;
	}
	if (!options.remove &&
	    try_end(invocation, id, options.keep || !has_terminal() ? TRY_KEEP : TRY_ASK,
		    options.quiet, err) < 0)
		return -1;
	return status;
}
