/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/deep_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "base/fd.h"
#include "base/sys.h"

int deep_open_directory(int root, char *path, size_t length)
{
	const struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
	};
	cleanup_fd int fd = -1;
	char *at = path, *end = path + length;

	do {
		char *cut = end, saved;
		int next;

		while (at < end && *at == '/')
			at++;
		if (end - at >= PATH_MAX)
			cut = memrchr(at, '/', PATH_MAX - 1);
		if (!cut) {
			errno = ENAMETOOLONG;
			return -1;
		}
		saved = *cut;
		*cut = '\0';
		do
			next = sys_openat2(fd < 0 ? root : fd, *at ? at : ".", &how);
		while (next < 0 && (errno == EAGAIN || errno == EINTR));
		*cut = saved;
		if (next < 0)
			return -1;
		close_fd(&fd);
		fd = next;
		at = cut;
	} while (at < end);
	return take_fd(&fd);
}
