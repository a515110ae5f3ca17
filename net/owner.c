/* SPDX-License-Identifier: Apache-2.0 */
#include "net/owner.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/fd.h"
#include "base/sys.h"

int owner_process(pid_t pid, struct identity *process, struct error *err)
{
	cleanup_fd int pidfd = pidfd_open(pid, 0);

	if (pidfd < 0)
		return fail_errno(err, "open process %d", (int)pid);
	return identity_get(pidfd, pid, process, err);
}

bool owner_process_lives(const struct identity *process)
{
	struct error err;
	cleanup_fd int pidfd = identity_open(process, &err);

	return pidfd >= 0 || err.errnum != ESRCH;
}

int owner_namespace(int netns, struct network_namespace *namespace, struct error *err)
{
	struct stat status;

	if (fstat(netns, &status) < 0)
		return fail_errno(err, "look at the network namespace");
	*namespace = (struct network_namespace){
		.device = status.st_dev,
		.inode = status.st_ino,
	};
	return 0;
}
