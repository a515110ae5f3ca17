/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "fs/temporary.h"

_Static_assert(sizeof(((struct output_file *)0)->temporary) >= TEMPORARY_SIZE, "a name has room");

static int open_directory(const char *path, struct error *err)
{
	const char *slash = strrchr(path, '/');
	char parent[4096];
	int fd;

	if (slash && (size_t)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path) + 1,
				      path) >= sizeof(parent))
		return fail(err, ENAMETOOLONG, "%s", path);
	fd = open(slash ? parent : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? fail_errno(err, "%s", slash ? parent : ".") : fd;
}

int output_file_open(struct output_file *output, const char *path, struct error *err)
{
	struct stat status;

	*output = OUTPUT_FILE_NONE;
	if (!path || !strcmp(path, "-")) {
		if (isatty(STDOUT_FILENO))
			return fail(err, EINVAL,
				    "standard output is a terminal: redirect it, or use -o FILE");
		output->fd = STDOUT_FILENO;
		return 0;
	}
	output->path = path;
	if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
		output->fd = open(path, O_WRONLY | O_NOCTTY | O_CLOEXEC);
		return output->fd < 0 ? fail_errno(err, "%s", path) : 0;
	}
	output->name = strrchr(path, '/') ? strrchr(path, '/') + 1 : path;
	if (!*output->name)
		return fail(err, EISDIR, "%s: does not end in a file's name", path);
	output->directory = open_directory(path, err);
	if (output->directory < 0)
		return -1;
	output->fd = temporary_file(output->directory, output->temporary, err);
	return output->fd < 0 ? fail_in(err, "%s", path) : 0;
}

int output_file_finish(struct output_file *output, struct error *err)
{
	if (output->directory < 0)
		return 0;
	if (fsync(output->fd) < 0 ||
	    renameat(output->directory, output->temporary, output->directory, output->name) < 0)
		return fail_errno(err, "%s", output->path);
	output->temporary[0] = '\0';
	return fsync(output->directory) < 0 ? fail_errno(err, "%s", output->path) : 0;
}

void output_file_close(struct output_file *output)
{
	if (output->temporary[0])
		unlinkat(output->directory, output->temporary, 0);
	output->temporary[0] = '\0';
	close_fd(&output->directory);
	if (output->fd != STDOUT_FILENO)
		close_fd(&output->fd);
	output->fd = -1;
}
