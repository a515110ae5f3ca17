/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/inherited_fds.h"

#include <errno.h>
#include <fcntl.h>

int inherited_fds_check(int count, struct error *err)
{
	for (int fd = 3; fd < 3 + count; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags < 0 || (flags & FD_CLOEXEC))
			return fail(err, EBADF,
				    "--preserve-fds %d: descriptor %d is not open (those from 3 on "
				    "are handed on)",
				    count, fd);
	}
	return 0;
}
