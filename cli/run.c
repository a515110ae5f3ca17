/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/verbs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "cli/container_rows.h"
#include "fs/store.h"
#include "runtime/container.h"

static struct container_options options;

static const struct option rows[] = {
	OPTION_FLAG('d', "detach", struct container_options, detach,
		    "leave it running; a monitor keeps its output and exit status"),
	OPTION_FLAG(0, "rm", struct container_options, remove,
		    "remove it with its writable layer when it has ended"),
	OPTION_STRING('n', "name", "ID", struct container_options, id,
		      "name the container (default: made up)"),
	OPTION_STRING('b', "bundle", "DIR", struct container_options, bundle,
		      "run the OCI bundle in DIR; the argument is then the ID"),
	OPTION_FLAG(0, "keep", struct container_options, keep,
		    "do not delete the container of a bundle when it has ended"),
	CONTAINER_ROWS,
	OPTION_FLAG(0, "no-subreaper", struct container_options, no_subreaper,
		    "do not adopt the processes that the container leaves behind"),
};

static bool is_spec_file(const char *word)
{
	size_t length = strlen(word);
	struct stat status;

	if (strchr(word, '/') || (length > 5 && !strcmp(word + length - 5, ".json")))
		return true;
	return stat(word, &status) == 0 && S_ISREG(status.st_mode);
}

static bool read_spec(struct invocation *invocation, struct spec *spec)
{
	const char *word = invocation->arguments[0];
	struct error ignored;

	if (options.bundle || !is_spec_file(word))
		word = path_join(invocation->arena, options.bundle ?: ".", "config.json");
	return spec_read(invocation->arena, AT_FDCWD, word, spec, NULL, NULL, &ignored) == 0;
}

const struct command run_command = {
	.name = "run",
	.group = GROUP_RUN,
	.summary = "Run a JSON spec, an image or an OCI bundle",
	.arguments = "SPEC|IMAGE|ID [ARGUMENTS...]",
	.min = 1,
	.max = -1,
	.description = "SPEC is a JSON file: a word that ends in .json, has a slash, or names a "
		       "file. Its root is\n"
		       "the lower layer of a copy-on-write view, so a run never changes it. IMAGE "
		       "is the name of\n"
		       "an image in the store. ID is that of a container made from a bundle: the "
		       "folder of\n"
		       "--bundle, or this one. ARGUMENTS replace the command of SPEC or IMAGE.\n"
		       "\n"
		       "A container of a SPEC or IMAGE stays, stopped, with its writable layer "
		       "until 'rm', unless\n"
		       "--rm is given. The exit status is the command's, 128+N if signal N ended "
		       "it, 125 if ctr\n"
		       "failed, 126 if the command cannot be executed, 127 if it is not found; 1 "
		       "for bundles.\n",
	.examples = "ctr run specs/examples/hello.json\n"
		    "ctr run -d --name web web.json\n"
		    "ctr run --rm app:1 sh -c 'echo hello'\n"
		    "ctr run --bundle /srv/web web\n",
	COMMAND_OPTIONS(rows, options),
	.order = OPTIONS_FIRST,
	.flags = COMMAND_GUARD | COMMAND_ENTERS,
	.failure = FAILURE_RUN,
	.read_spec = read_spec,
};

/* Looks without making a store where there is none. Returns 1 if it has the image, 0 if not. */
static int has_image(struct invocation *invocation, const char *name, struct error *err)
{
	const char *data_root = invocation->settings.data_root;
	cleanup_store struct store store = STORE_NONE;
	struct image image;

	if (access(arena_printf(invocation->arena, "%s/store/index.json", data_root), F_OK) < 0)
		return 0;
	if (store_open(&store, data_root, invocation->arena, err) < 0)
		return -1;
	if (store_find(&store, name, invocation->arena, &image, err) >= 0)
		return 1;
	/* Not there, or no name of an image at all: then it may still be an ID. */
	return err->errnum == ENOENT || err->errnum == EINVAL ? 0 : -1;
}

/* Which of its three meanings the first argument has. */
static int choose_form(struct invocation *invocation, struct error *err)
{
	char *word = invocation->arguments[0];
	int image = 0;
	bool bundle = options.bundle || options.config;

	/* the name of an image may have a slash too: a file that is not there is none */
	if (!bundle && (!is_spec_file(word) || access(word, F_OK) < 0) &&
	    (image = has_image(invocation, word, err)) < 0)
		return -1;
	if (!bundle && !image && is_spec_file(word)) {
		options.form = FORM_SPEC;
		options.spec_path = word;
		return 0;
	}
	if (image) {
		options.form = FORM_SPEC;
		options.image = word;
		return 0;
	}
	if (!bundle && access("config.json", F_OK) < 0)
		return fail(err, ENOENT,
			    "%s: no such spec file, no such image ('%s images' lists them), and no "
			    "config.json here to make it the ID of a bundle",
			    word, program_name());
	invocation->failure = FAILURE_OCI;
	options.form = FORM_OCI;
	options.bundle = options.bundle ?: ".";
	if (options.id)
		return fail(err, EINVAL, "--name: the argument of a bundle is its name: '%s'",
			    word);
	options.id = word;
	if (invocation->count > 1)
		return fail(err, EINVAL, "%s: a bundle takes no arguments: they are in config.json",
			    invocation->arguments[1]);
	return 0;
}

int cmd_run(struct invocation *invocation, struct error *err)
{
	int exit_status = FAILURE_RUN;
	const char *id;

	if (choose_form(invocation, err) < 0)
		return -1;
	if (options.form == FORM_SPEC) {
		options.args.items = invocation->arguments + 1;
		options.args.count = (size_t)invocation->count - 1;
	}
	if (container_run(&invocation->settings, &options, invocation->arena, &id, &exit_status,
			  err) < 0) {
		if (options.form == FORM_SPEC)
			invocation->failure = exit_status;
		return -1;
	}
	if (options.detach && options.form == FORM_SPEC)
		puts(id);
	return exit_status;
}
