/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/import.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/progress.h"
#include "cli/size.h"
#include "cli/verbs.h"
#include "fs/image_import.h"
#include "specs/image_change.h"

static int make_execution(struct arena *arena, struct image_execution *execution, struct error *err)
{
	const struct string_list *changes = &import_options.changes;

	for (size_t i = 0; i < changes->count; i++)
		if (image_change(arena, changes->items[i], execution, err) < 0)
			return -1;
	return 0;
}

static int open_input(const char *path, struct error *err)
{
	int fd;

	if (strcmp(path, "-") != 0) {
		fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
		return fd < 0 ? fail_errno(err, "%s", path) : fd;
	}
	if (isatty(STDIN_FILENO))
		return fail(err, EINVAL, "standard input is a terminal: an archive is expected");
	fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	return fd < 0 ? fail_errno(err, "standard input") : fd;
}

static void report(struct arena *arena, const struct image_commit *commit)
{
	if (import_options.quiet) {
		puts(commit->manifest.text);
		return;
	}
	printf("%s %s\n", commit->full_name, commit->manifest.text);
	printf("layer %s, unpacked %s\n", size_text(arena, commit->layer.size),
	       size_text(arena, commit->result.size));
}

static int import(struct invocation *invocation, struct image_import *import, struct error *err)
{
	cleanup_progress_line struct progress_line line;
	struct image_commit commit;
	int result;

	import->progress = progress_line_open(&line, import_options.quiet);
	result = image_import(import, &commit, err);
	progress_line_close(&line);
	if (result == 0)
		report(invocation->arena, &commit);
	image_commit_end(&commit);
	return result;
}

int cmd_import(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	struct image_execution execution = { 0 };
	cleanup_fd int input = -1;
	struct image_import request = {
		.store = &store,
		.source = invocation->arguments[0],
		.name = invocation->arguments[1],
		.message = import_options.message,
		.execution = &execution,
		.architecture = import_options.architecture,
		.os = import_options.os,
		.variant = import_options.variant,
	};

	if (make_execution(invocation->arena, &execution, err) < 0)
		return -1;
	input = open_input(invocation->arguments[0], err);
	if (input < 0 ||
	    store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0)
		return -1;
	request.input = input;
	return import(invocation, &request, err);
}
