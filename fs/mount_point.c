/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/mount_point.h"

#include <errno.h>

#include "base/fd.h"
#include "base/path.h"
#include "base/sys.h"

static int open_ordinary(int root, const char *path)
{
	const struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS,
	};
	int fd;

	do
		fd = sys_openat2(root, path, &how);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR));
	return fd;
}

static int make(int root, const char *path, bool directory, struct error *err)
{
	int fd = directory ? mkdir_in_root(root, path, 0755, err)
			   : mkfile_in_root(root, path, 0644, err);

	if (fd < 0 && err->errnum == EROFS)
		return fail(err, EROFS,
			    "%s is missing in the root, which is read-only: make it there", path);
	return fd;
}

int mount_point_open(int root, const char *path, bool directory, bool ordinary, struct error *err)
{
	cleanup_fd int made = -1;
	int fd;

	if (!ordinary)
		return make(root, path, directory, err);
	fd = open_ordinary(root, path);
	if (fd < 0 && errno == ENOENT) {
		made = make(root, path, true, err);
		if (made < 0)
			return -1;
		fd = open_ordinary(root, path);
	}
	if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
		return fail(err, errno, "%s must be mounted on ordinary directory", path);
	return fd < 0 ? fail_errno(err, "open %s", path) : fd;
}
