/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "fs/intake.h"

#define BUFFER_SIZE ((size_t)256 << 10)

struct folder_file {
	int fd;
	char *buffer;
	struct progress *progress;
};

static ssize_t read_file(void *context, const void **data, struct error *err)
{
	struct folder_file *file = context;
	ssize_t size;

	do
		size = read(file->fd, file->buffer, BUFFER_SIZE);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail_errno(err, "read");
	progress_add(file->progress, (uint64_t)size);
	*data = file->buffer;
	return size;
}

static int fetch(struct intake *intake, const char *path, struct error *err)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	struct folder_file file = { .progress = intake->progress };
	cleanup_fd int fd = sys_openat2(intake->folder, path, &how);
	struct stat status;
	int result;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : fail_errno(err, "%s", path);
	if (fstat(fd, &status) < 0)
		return fail_errno(err, "%s", path);
	if (!S_ISREG(status.st_mode))
		return fail(err, EINVAL, "%s: not a regular file", path);
	file.fd = fd;
	file.buffer = malloc(BUFFER_SIZE);
	if (!file.buffer)
		return fail(err, ENOMEM, "out of memory");
	result = (intake->adopt ? intake_adopt : intake_add)(intake, path, read_file, &file, err);
	free(file.buffer);
	return result;
}

void intake_from_folder(struct intake *intake, int fd, bool adopt)
{
	intake->folder = fd;
	intake->adopt = adopt;
	intake->fetch = fetch;
}
