/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/load.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "fs/image_load.h"
#include "fs/image_name.h"

/* The file, folder or standard input; *size is how much there is to read, 0 when unknown. */
static int open_input(const char *path, uint64_t *size, struct error *err)
{
	cleanup_fd int fd = -1;
	struct stat status;

	if (!path || !strcmp(path, "-")) {
		if (isatty(STDIN_FILENO))
			return fail(err, EINVAL,
				    "standard input is a terminal: redirect it, or name a file "
				    "with -i");
		fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	} else {
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	if (fd < 0 || fstat(fd, &status) < 0)
		return fail_errno(err, "%s", path ? path : "standard input");
	*size = S_ISREG(status.st_mode) ? (uint64_t)status.st_size : 0;
	return take_fd(&fd);
}

int cmd_load(struct invocation *invocation, struct error *err)
{
	cleanup_store struct store store = STORE_NONE;
	cleanup_progress_line struct progress_line line;
	struct image_load load = {
		.store = &store,
		.arena = invocation->arena,
		.progress = progress_line_open(&line, load_options.quiet),
	};
	const char *input = load_options.input ? load_options.input : "-";
	uint64_t size = 0;
	char *name = NULL;
	cleanup_fd int fd = open_input(input, &size, err);

	if (fd < 0)
		return -1;
	if (load_options.name &&
	    image_name_parse(load_options.name, invocation->arena, &name, err) < 0)
		return fail_in(err, "--name");
	load.name = name;
	if (store_open(&store, invocation->settings.data_root, invocation->arena, err) < 0)
		return -1;
	progress_begin(load.progress, input, size);
	if (image_load(&load, fd, err) < 0)
		return fail_in(err, "%s", strcmp(input, "-") != 0 ? input : "standard input");
	progress_line_close(&line);
	for (size_t i = 0; i < load.count; i++)
		printf("Loaded image: %s\n", load.names[i].name);
	return 0;
}
