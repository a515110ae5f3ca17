/* SPDX-License-Identifier: Apache-2.0 */
#include "fs/private_namespace.h"

#include <errno.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/sys.h"

/* What the child leaves behind, in memory that both see. */
struct outcome {
	bool done;
	int result;
	struct error error;
};

static void run_child(int (*work)(void *, struct error *), void *context, struct outcome *outcome)
{
	/* here we are alone with a copy of all mounts; from now on changes stay in here */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		outcome->result = fail_errno(&outcome->error, "make the mounts private");
	else
		outcome->result = work(context, &outcome->error);
	outcome->done = true;
	_exit(0);
}

int private_namespace_run(int (*work)(void *context, struct error *err), void *context,
			  struct error *err)
{
	cleanup_fd int pidfd = -1;
	/* no exit signal: the caller's SIGCHLD is for its own children */
	const struct clone_args args = {
		.flags = CLONE_NEWNS | CLONE_FILES | CLONE_PIDFD,
		.pidfd = (uintptr_t)&pidfd,
	};
	struct outcome *outcome = mmap(NULL, sizeof(*outcome), PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int result;
	pid_t pid;

	if (outcome == MAP_FAILED)
		return fail_errno(err, "map memory");
	pid = sys_clone3(&args);
	if (pid == 0)
		run_child(work, context, outcome);
	if (pid < 0) {
		result = fail_errno(err, "make a private mount namespace");
	} else {
		while (waitpid(pid, NULL, __WALL) < 0 && errno == EINTR)
			;
		result = outcome->result;
		if (!outcome->done)
			result = fail(err, EIO, "the helper in a private mount namespace died");
		else if (result < 0)
			*err = outcome->error;
	}
	munmap(outcome, sizeof(*outcome));
	return result;
}
