/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "specs/runtime_spec.h"

struct spec_options {
	bool rootless;
	const char *bundle;
};

static struct spec_options options = { .bundle = "." };

static const struct option rows[] = {
	OPTION_FLAG(0, "rootless", struct spec_options, rootless,
		    "one that needs no privileges: a user namespace of your own"),
	OPTION_STRING('b', "bundle", "DIR", struct spec_options, bundle,
		      "write it in DIR (default: here)"),
};

const struct command spec_command = {
	.name = "spec",
	.group = GROUP_ABOUT,
	.summary = HELP("Write a config.json to begin with"),
	.arguments = "",
	.description = HELP("It is complete and runs 'sh' in a folder named rootfs beside it. A "
			    "config.json that is\n"
			    "there already stays.\n"),
	.examples = HELP("ctr spec && ctr run config.json\n"),
	COMMAND_OPTIONS(rows, options),
	.failure = FAILURE_OCI,
};

int cmd_spec(struct invocation *invocation, struct error *err)
{
	cleanup_fd int dir = open(options.bundle, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int file = -1;
	struct spec spec = { 0 };
	size_t size;
	char *text;

	if (dir < 0)
		return fail_errno(err, "%s", options.bundle);
	spec_template(invocation->arena, options.rootless, geteuid(), getegid(), &spec);
	text = spec_encode(invocation->arena, &spec, &size);
	file = openat(dir, "config.json", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (file < 0)
		return fail_errno(err, "%s/config.json", options.bundle);
	return write_all(file, text, size, err);
}
