/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/sys.h"
#include "runtime/interrupt.h"
#include "runtime/signals.h"

/*
 * Moves the three streams to 0, 1 and 2. They are first copied above 2, so that no dup2 can
 * overwrite one that is still needed.
 */
static int set_streams(const struct spawn *spawn)
{
	int fds[3] = { spawn->input, spawn->output, spawn->error };

	if (fds[0] < 0)
		fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	for (int i = 0; i < 3; i++) {
		if (fds[i] < 0 && i == 0)
			continue; /* no /dev/null: then without */
		fds[i] = fcntl(fds[i] < 0 ? STDERR_FILENO : fds[i], F_DUPFD_CLOEXEC, 3);
		if (fds[i] < 0 && errno != EBADF)
			return -1;
	}
	for (int i = 0; i < 3; i++) {
		if (fds[i] < 0)
			close(i);
		else if (dup2(fds[i], i) < 0)
			return -1;
	}
	return 0;
}

/* In the new process: what fails is told as an errno over status, which execve closes. */
static _Noreturn void run_child(const struct spawn *spawn, int status)
{
	int errnum;

	setpgid(0, 0);
	signals_reset();
	if ((spawn->directory < 0 || fchdir(spawn->directory) == 0) && set_streams(spawn) == 0 &&
	    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
		if (spawn->prepare)
			spawn->prepare(spawn->context);
		execve(spawn->path, spawn->argv, spawn->env);
	}
	errnum = errno;
	while (write(status, &errnum, sizeof(errnum)) < 0 && errno == EINTR)
		;
	_exit(127);
}

static int64_t now_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Waits until the process ended; an errno when the time was over before or ctr is to end. */
static int wait_end(int pidfd, int64_t timeout)
{
	int64_t end = now_milliseconds() + timeout;

	for (;;) {
		int64_t left = timeout < 0 ? -1 : end - now_milliseconds();
		int ready;

		if (timeout >= 0 && left < 0)
			left = 0;
		ready = interrupt_poll(pidfd, left > INT32_MAX ? INT32_MAX : (int)left);
		if (ready > 0)
			return 0;
		if (ready == 0 && left <= INT32_MAX)
			return ETIMEDOUT;
		if (ready < 0 && errno == ECANCELED)
			return ECANCELED;
		if (ready < 0 && errno != EINTR)
			return 0; /* waitid() then waits */
	}
}

static int reap(int pidfd, siginfo_t *info)
{
	int result;

	do
		result = waitid(P_PIDFD, (id_t)pidfd, info, WEXITED);
	while (result < 0 && errno == EINTR);
	return result;
}

/*
 * fork(2) with a pidfd. clone, not clone3: seccomp profiles of engines deny the latter, and a
 * startContainer hook is behind the filter.
 */
static pid_t fork_pidfd(int *pidfd)
{
	return (pid_t)syscall(SYS_clone, (long)(CLONE_PIDFD | SIGCHLD), 0L, pidfd, 0L, 0L);
}

int spawn_run(const struct spawn *spawn, struct error *err)
{
	cleanup_fd int reader = -1, writer = -1, pidfd = -1;
	siginfo_t info = { 0 };
	int pair[2], errnum = 0, early;
	pid_t pid;

	if (pipe2(pair, O_CLOEXEC) < 0)
		return fail_errno(err, "pipe");
	reader = pair[0];
	writer = pair[1];
	pid = fork_pidfd(&pidfd);
	if (pid < 0)
		return fail_errno(err, "clone");
	if (pid == 0)
		run_child(spawn, writer);
	close_fd(&writer);
	/* The end of file is its execve. */
	while (read(reader, &errnum, sizeof(errnum)) < 0 && errno == EINTR)
		;
	early = wait_end(pidfd, spawn->timeout);
	if (early) {
		kill(-pid, SIGKILL);
		pidfd_send_signal(pidfd, SIGKILL, NULL, 0);
	}
	if (reap(pidfd, &info) < 0)
		return fail_errno(err, "wait for %s", spawn->path);
	if (early == ECANCELED)
		return fail(err, ECANCELED, "interrupted");
	if (early)
		return fail(err, ETIMEDOUT, "timed out after %lld ms", (long long)spawn->timeout);
	if (errnum) {
		errno = errnum;
		return fail_errno(err, "exec %s", spawn->path);
	}
	if (info.si_code != CLD_EXITED)
		return fail(err, EINTR, "killed by signal %d%s", info.si_status,
			    info.si_status == SIGSYS ? " (bad system call)" : "");
	if (info.si_status)
		return fail(err, ECHILD, "exit status %d", info.si_status);
	return 0;
}
