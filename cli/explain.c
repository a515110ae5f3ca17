/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>

#include "base/log.h"
#include "runtime/prepare.h"
#include "specs/runtime_spec.h"

struct explain_options {
	struct container_options container;
	bool strict;
};

static struct explain_options options = { .container = { .form = FORM_SPEC, .id = "explain" } };

static const struct option rows[] = {
	OPTION_STRING('b', "bundle", "DIR", struct explain_options, container.bundle,
		      "explain the OCI bundle in DIR instead of SPEC"),
	OPTION_FLAG(0, "strict", struct explain_options, strict,
		    "fail if there are members that ctr does not know"),
};

const struct command explain_command = {
	.name = "explain",
	.group = GROUP_ABOUT,
	.summary = HELP("Print what running a spec would do, without doing it"),
	.arguments = "[SPEC]",
	.max = 1,
	.description = HELP(
		"Checks the spec and prints the plan: namespaces, mounts, limits, the process. "
		"Members\n"
		"that ctr does not know are ignored when it runs; here they are warned of.\n"),
	.examples = HELP("ctr explain specs/examples/hello.json\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_RUN,
};

/* Warns of what would be ignored. Returns how many members that are. */
static int warn_of_unknown(struct arena *arena, const char *path, struct error *err)
{
	struct string_list unknown = { 0 };
	struct spec spec = { 0 };
	size_t size;
	char *text;

	if (spec_read(arena, AT_FDCWD, path, &spec, &text, &size, err) < 0 ||
	    spec_unknown_members(arena, path, text, size, &unknown, err) < 0)
		return -1;
	for (size_t i = 0; i < unknown.count; i++)
		log_warning("%s: %s: unknown member, ignored", path, unknown.items[i]);
	return (int)unknown.count;
}

static int print_plan(struct invocation *invocation, struct error *err)
{
	cleanup_prepared struct prepared prepared = { 0 };

	if (prepare(&invocation->settings, &options.container, invocation->arena, &prepared, err) <
	    0)
		return -1;
	fputs(plan_print(invocation->arena, &prepared.plan), stdout);
	return 0;
}

int cmd_explain(struct invocation *invocation, struct error *err)
{
	struct container_options *container = &options.container;
	const char *path = invocation->arguments[0];
	int unknown;

	if (!path == !container->bundle)
		return fail(err, EINVAL, "SPEC or --bundle, one of them (see '%s explain --help')",
			    program_name());
	if (container->bundle) {
		container->form = FORM_OCI;
		path = arena_printf(invocation->arena, "%s/config.json", container->bundle);
	} else {
		container->spec_path = path;
	}
	unknown = warn_of_unknown(invocation->arena, path, err);
	if (unknown < 0 || print_plan(invocation, err) < 0)
		return -1;
	if (unknown && options.strict)
		return fail(err, EINVAL, "%s: %d unknown members", path, unknown);
	return 0;
}
