/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <fcntl.h>

#include "base/path.h"
#include "cli/container_rows.h"
#include "runtime/container.h"

static struct container_options options = { .form = FORM_OCI, .bundle = "." };

static const struct option rows[] = {
	OPTION_STRING('b', "bundle", "DIR", struct container_options, bundle,
		      "the folder of config.json (default: this one)"),
	CONTAINER_ROWS,
	OPTION_FLAG(0, "no-subreaper", struct container_options, no_subreaper,
		    "accepted for engines, without effect here"),
	OPTION_FLAG('d', "detach", struct container_options, detach,
		    "accepted for engines: it always is"),
};

static bool read_spec(struct invocation *invocation, struct spec *spec)
{
	const char *path = path_join(invocation->arena, options.bundle, "config.json");
	struct error ignored;

	return spec_read(invocation->arena, AT_FDCWD, path, spec, NULL, NULL, &ignored) == 0;
}

const struct command create_command = {
	.name = "create",
	.group = GROUP_OCI,
	.summary = HELP("Make a container that waits for 'start'"),
	.arguments = "ID",
	.min = 1,
	.max = 1,
	.description = HELP(
		"The process of the bundle's config.json is set up to the last step before it is "
		"executed.\nStandard input, output and error become the container's.\n"),
	.examples = HELP("ctr create --bundle /srv/web web\n"),
	COMMAND_OPTIONS(rows, options),
	.flags = COMMAND_GUARD | COMMAND_ENTERS,
	.failure = FAILURE_OCI,
	.read_spec = read_spec,
};

int cmd_create(struct invocation *invocation, struct error *err)
{
	options.id = invocation->arguments[0];
	return container_create(&invocation->settings, &options, err);
}
