/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch_clone.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/sys.h"
#include "base/user_namespace.h"
#include "runtime/init.h"
#include "runtime/launch_cgroup.h"
#include "runtime/sync.h"

/* How long a killed process may take to go. */
#define KILL_TIMEOUT_MS 10000

/* Into a cgroup goes only who may write to one that both it and the own one are in. */
static int fail_clone(const struct launch *launch, struct error *err)
{
	const char *path = launch->plan->namespaces.path[NAMESPACE_USER];

	if (errno == EACCES && launch->cgroup >= 0)
		return fail(err, EACCES,
			    "move the container's first process from the own cgroup to %s: both "
			    "must be in a delegated one: " CGROUP_DELEGATION,
			    launch->cgroup_path);
	return fail_errno(err, "clone the container's first process%s%s",
			  path ? " into user namespace " : "", path ? path : "");
}

/*
 * Where namespaces delegate (mount option nsdelegate) a cgroup that is outside of the own cgroup
 * namespace cannot be cloned into: who joins one goes into the cgroup first, and gives birth there.
 */
static int enter_cgroup_early(const struct launch *launch, struct clone_args *args,
			      struct error *err)
{
	if (launch->cgroup < 0 || launch->namespaces.fds[NAMESPACE_CGROUP] < 0)
		return 0;
	args->flags &= ~(uint64_t)CLONE_INTO_CGROUP;
	if (file_write_at(launch->cgroup, "cgroup.procs", "0", err) < 0)
		return fail_in(err, "go into cgroup %s", launch->cgroup_path);
	return 0;
}

/* In a child that lives only for this clone. CLONE_PARENT makes what it clones a child of ours. */
static _Noreturn void helper_main(struct launch *launch, struct clone_args *args, int report)
{
	struct namespaces_fds *namespaces = &launch->namespaces;
	struct error err;
	pid_t pid = -1;

	args->flags = (args->flags & ~(uint64_t)CLONE_PIDFD) | CLONE_PARENT;
	args->exit_signal = 0; /* ours */
	if (enter_cgroup_early(launch, args, &err) < 0 ||
	    namespaces_prepare(&launch->plan->namespaces, namespaces, &err) < 0) {
		sync_send_error(report, &err, 0);
		_exit(0);
	}
	if (namespaces->fds[NAMESPACE_USER] >= 0)
		namespaces_join_early(namespaces);
	launchpad_enter(&launch->launchpad);
	if (namespaces->fds[NAMESPACE_USER] < 0 ||
	    setns(namespaces->fds[NAMESPACE_USER], CLONE_NEWUSER) == 0)
		pid = sys_clone3(args);
	if (pid == 0) {
		close_fd(&report);
		close_fd(&namespaces->fds[NAMESPACE_USER]);
		init_main(launch);
	}
	if (pid < 0) {
		fail_clone(launch, &err);
		sync_send_error(report, &err, 0);
	} else {
		sync_send(report, SYNC_MAPPED, pid, -1, &err);
	}
	_exit(0);
}

static int clone_by_helper(struct launch *launch, struct clone_args *args, struct error *err)
{
	struct sync_message message;
	int pair[2], result;
	pid_t helper;

	if (sync_pair(pair, err) < 0)
		return -1;
	helper = fork();
	if (helper == 0) {
		close_fd(&pair[0]);
		helper_main(launch, args, pair[1]);
	}
	close_fd(&pair[1]);
	if (helper < 0)
		result = fail_errno(err, "fork");
	else
		result = sync_expect(pair[0], SYNC_MAPPED, &message, err);
	close_fd(&pair[0]);
	while (helper > 0 && waitpid(helper, NULL, 0) < 0 && errno == EINTR)
		;
	if (result < 0)
		return -1;
	launch->pid = message.pid;
	launch->pidfd = pidfd_open(message.pid, 0);
	return launch->pidfd < 0 ? fail_errno(err, "open the container's first process") : 0;
}

/*
 * New namespaces beside a joined user namespace must be owned by it, so they are made by somebody
 * who has joined it already. And who has no privileges over the host does not come back out of a
 * namespace that it has entered. A cgroup namespace is entered before a clone into a new user
 * namespace, and by whom see above.
 */
static bool needs_helper(const struct launch *launch)
{
	return launch->namespaces.fds[NAMESPACE_USER] >= 0 ||
	       (namespaces_need_preparation(&launch->plan->namespaces) && in_user_namespace()) ||
	       (launch->namespaces.fds[NAMESPACE_CGROUP] >= 0 &&
		launch->plan->namespaces.own[NAMESPACE_USER]);
}

static int clone_directly(struct launch *launch, struct clone_args *args, struct error *err)
{
	struct error ignored;

	if (namespaces_prepare(&launch->plan->namespaces, &launch->namespaces, err) < 0) {
		namespaces_restore(&launch->namespaces, &ignored);
		return -1;
	}
	launchpad_enter(&launch->launchpad);
	launch->pid = sys_clone3(args);
	if (launch->pid == 0)
		init_main(launch);
	if (launch->pid < 0) {
		launch->pid = 0;
		fail_clone(launch, err);
		launchpad_leave(&launch->launchpad, &ignored);
		namespaces_restore(&launch->namespaces, &ignored);
		return -1;
	}
	if (launchpad_leave(&launch->launchpad, err) < 0)
		return -1;
	return namespaces_restore(&launch->namespaces, err);
}

int launch_clone(struct launch *launch, struct error *err)
{
	struct clone_args args = {
		.flags = launch->plan->namespaces.clone_flags | CLONE_PIDFD,
		.pidfd = (uintptr_t)&launch->pidfd,
		.exit_signal = SIGCHLD,
	};
	bool by_helper = needs_helper(launch);
	int result;

	launch->proc = openat(AT_FDCWD, "/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (launch->proc < 0)
		return fail_errno(err, "open /proc");
	if (launch->cgroup >= 0) {
		args.flags |= CLONE_INTO_CGROUP;
		args.cgroup = (uint64_t)launch->cgroup;
	}
	/* where pids are shared others see the child at once: it is born unfit to be traced */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return fail_errno(err, "protect the process");
	result = by_helper ? clone_by_helper(launch, &args, err)
			   : clone_directly(launch, &args, err);
	prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	close_fd(&launch->child_sync);
	close_fd(&launch->start_listener);
	return result;
}

int launch_kill(struct launch *launch, struct error *err)
{
	if (launch->pidfd < 0)
		return 0;
	if (pidfd_send_signal(launch->pidfd, SIGKILL, NULL, 0) < 0 && errno != ESRCH)
		return fail_errno(err, "kill the container's first process");
	/* not our child when another ctr made it: then its parent reaps it */
	if (waitid(P_PIDFD, (id_t)launch->pidfd, &(siginfo_t){ 0 }, WEXITED) < 0 &&
	    !identity_wait_end(launch->pidfd, KILL_TIMEOUT_MS))
		return fail(err, ETIMEDOUT, "the container's first process does not die");
	close_fd(&launch->pidfd);
	return 0;
}
