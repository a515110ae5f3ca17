/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctr-init [--as=UID:GID] PROGRAM ARGUMENT...
 *
 * The first process of a container that is run with --init: many programs are not made to be one.
 * It hands the signals that it gets on to PROGRAM, reaps whatever loses its parent, and ends as
 * PROGRAM does: with its exit status, or 128 + N after signal N. Static and without allocation, as
 * it is the container's memory that it uses.
 *
 * With --as PROGRAM sees itself as that user instead of root: in a user namespace of its own, in
 * which these numbers are the ones that we have. For the `try` of an ordinary user, who is root in
 * the namespace that ctr has made for him.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"

/* The statuses of shells, which `run` has too. */
enum { CANNOT_EXECUTE = 126, NOT_FOUND = 127 };

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		return -1;
	written = write(fd, text, strlen(text));
	close(fd);
	return written < 0 ? -1 : 0;
}

/* user: "UID:GID". */
static int become(const char *user)
{
	const char *colon = strchr(user, ':');
	char uids[64], gids[64];
	uid_t uid = geteuid();
	gid_t gid = getegid();

	if (!colon) {
		errno = EINVAL;
		return -1;
	}
	snprintf(uids, sizeof(uids), "%.*s %u 1", (int)(colon - user), user, uid);
	snprintf(gids, sizeof(gids), "%s %u 1", colon + 1, gid);
	/* groups that could be dropped might have forbidden something (user_namespaces(7)) */
	if (unshare(CLONE_NEWUSER) < 0 || write_file("/proc/self/setgroups", "deny") < 0 ||
	    write_file("/proc/self/uid_map", uids) < 0)
		return -1;
	return write_file("/proc/self/gid_map", gids);
}

static _Noreturn void execute(char **argv, const char *user, const sigset_t *mask)
{
	/*
	 * It stays in our process group, which has the terminal: what is typed there reaches it,
	 * and ^Z does not stop it, as nobody would be there to let it go on (an orphaned group,
	 * setpgid(2)).
	 */
	if (user && become(user) < 0) {
		dprintf(STDERR_FILENO, "ctr-init: become user %s: %s\n", user, strerror(errno));
		_exit(CANNOT_EXECUTE);
	}
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "ctr-init: %s: %s\n", argv[0], strerror(errno));
	_exit(errno == ENOENT ? NOT_FOUND : CANNOT_EXECUTE);
}

/* Reaps all that has ended. Returns whether program was among it, with its exit status. */
static int reap(pid_t program, int *status)
{
	siginfo_t end;
	int ended = 0;

	for (;;) {
		end.si_pid = 0;
		if (waitid(P_ALL, 0, &end, WEXITED | WNOHANG) < 0 && errno == EINTR)
			continue;
		if (!end.si_pid)
			return ended;
		if (end.si_pid != program)
			continue;
		*status = end.si_code == CLD_EXITED ? end.si_status : 128 + end.si_status;
		ended = 1;
	}
}

int main(int argc, char **argv)
{
	sigset_t all, before;
	int number, status = 0;
	const char *user = NULL;
	pid_t program;

	if (argc > 1 && !strncmp(argv[1], "--as=", strlen("--as="))) {
		user = argv[1] + strlen("--as=");
		argv++;
		argc--;
	}
	if (argc < 2) {
		dprintf(STDERR_FILENO, "ctr-init: PROGRAM is missing; 'ctr run --init' calls it\n");
		return CANNOT_EXECUTE;
	}
	sys_sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	program = fork();
	if (program == 0)
		execute(argv + 1, user, &before);
	if (program < 0) {
		dprintf(STDERR_FILENO, "ctr-init: fork: %s\n", strerror(errno));
		return CANNOT_EXECUTE;
	}
	for (;;) {
		siginfo_t info;

		number = sigwaitinfo(&all, &info);
		if (number == SIGCHLD) {
			if (reap(program, &status))
				return status;
		} else if (number > 0 && (info.si_code != SI_KERNEL || number == SIGHUP)) {
			/* what the terminal sends goes to the whole group, but for its own end */
			kill(program, number);
		}
	}
}
