/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/teardown.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"

/* The first descriptor from the number on that the process is for. */
static int next_kept(const struct launch *launch, int from)
{
	const struct rootfs *rootfs = &launch->rootfs;
	int next = INT_MAX;
	size_t count = rootfs->plan->mounts.count;

	for (size_t i = 0; i < count + 2; i++) {
		int fd = i < count    ? rootfs->mounts[i].mount
			 : i == count ? rootfs->root
				      : launch->data_dir;

		if (fd >= from && fd < next)
			next = fd;
	}
	return next;
}

static void close_others(const struct launch *launch)
{
	for (int from = 0, kept; from < INT_MAX; from = kept < INT_MAX ? kept + 1 : kept) {
		kept = next_kept(launch, from);
		if (kept > from)
			close_range((unsigned int)from, (unsigned int)kept - 1, 0);
	}
}

/* turn: at its end when the caller has closed the mounts, so that we are the last who has them */
static _Noreturn void keeper_main(struct launch *launch, int turn)
{
	char byte;

	setsid();
	if (chdir("/") < 0 || read(turn, &byte, 1) != 0)
		_exit(1);
	close_others(launch);
	/* here the kernel writes; the lock, which is to be free after that, goes with the process */
	rootfs_close(&launch->rootfs);
	_exit(0);
}

void teardown_leave(struct launch *launch)
{
	const struct rootfs_plan *plan = launch->rootfs.plan;
	int turn[2];
	pid_t pid;

	if (!plan || !plan->overlay || !plan->overlay->upper || plan->overlay->volatile_upper ||
	    flock(launch->data_dir, LOCK_EX | LOCK_NB) < 0 || pipe2(turn, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		close_fd(&turn[1]);
		keeper_main(launch, turn[0]);
	}
	close_fd(&turn[0]);
	if (pid < 0)
		log_debug("no process for the last unmount: errno %d", errno);
	else
		rootfs_close(&launch->rootfs);
	close_fd(&turn[1]);
}
