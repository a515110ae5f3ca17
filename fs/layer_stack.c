/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/layer_stack.h"

#include <errno.h>
#include <fcntl.h>

#include "base/sys.h"

int layer_open(const char *path, struct error *err)
{
	int fd = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);

	/* EINVAL: the mount is not one of this namespace */
	if (fd < 0 && (errno == EPERM || errno == EINVAL || errno == ENOSYS))
		fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail_errno(err, "open layer %s", path);
	return fd;
}
