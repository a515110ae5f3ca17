/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>

#include "base/path.h"
#include "runtime/container.h"

struct start_options {
	bool attach;
};

static struct start_options options;

static const struct option rows[] = {
	OPTION_FLAG('a', "attach", struct start_options, attach,
		    "of a stopped one: in the foreground, with its exit status"),
};

/* To run it again is to enter the namespaces that it is made in: runtime/rootless.h. */
static bool read_spec(struct invocation *invocation, struct spec *spec)
{
	const char *path = arena_printf(invocation->arena, "%s/containers/%s/config.json",
					invocation->settings.data_root, invocation->arguments[0]);
	struct error ignored;

	return spec_read(invocation->arena, AT_FDCWD, path, spec, NULL, NULL, &ignored) == 0;
}

const struct command start_command = {
	.name = "start",
	.group = GROUP_OCI,
	.summary = HELP("Start a created container, or run a stopped one again"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description =
		HELP("One that 'create' has made starts its program. One of a spec or an image "
		     "that has\n"
		     "stopped runs once more, on its own writable layer, in the background as "
		     "with 'run -d';\n"
		     "its ID is printed then.\n"),
	.examples = HELP("ctr start web\nctr start --attach build\n"),
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_MAY_RUN,
	.failure = FAILURE_OCI,
	.read_spec = read_spec,
};

int cmd_start(struct invocation *invocation, struct error *err)
{
	const char *id = invocation->arguments[0];
	int status;

	if (!container_starts_again(&invocation->settings, id)) {
		if (options.attach)
			return fail(err, EINVAL, "--attach: %s is no stopped container", id);
		return container_start(&invocation->settings, id, err);
	}
	invocation->failure = FAILURE_RUN;
	if (invocation_prepare_to_run(invocation, err) < 0)
		return -1;
	if (container_start_again(&invocation->settings, id,
				  options.attach ? START_ATTACHED : START_DETACHED, &status,
				  err) < 0) {
		invocation->failure = status;
		return -1;
	}
	if (!options.attach)
		puts(id);
	return status;
}

const struct command start_again_command = {
	.name = "start-again",
	.group = GROUP_HIDDEN,
	.summary = HELP("What a restart policy does"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.flags = COMMAND_MAY_RUN,
	.failure = FAILURE_RUN,
	.read_spec = read_spec,
};

int cmd_start_again(struct invocation *invocation, struct error *err)
{
	int status;

	if (invocation_prepare_to_run(invocation, err) < 0 ||
	    container_start_again(&invocation->settings, invocation->arguments[0], START_BY_ITSELF,
				  &status, err) < 0)
		return -1;
	return status;
}
