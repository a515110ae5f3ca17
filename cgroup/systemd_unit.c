/* SPDX-License-Identifier: Apache-2.0 */
#include "cgroup/systemd_unit.h"

#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/program.h"
#include "base/sys.h"
#include "cgroup/systemd_request.h"

#define COMPANION "ctr-systemd"

static int find_companion(char path[PATH_MAX], struct error *err)
{
	if (program_companion(COMPANION, path, PATH_MAX, err) == 0)
		return 0;
	return fail_in(err, "systemd as cgroup manager (built where libsystemd-dev is; without it "
			    "use --cgroup-manager=cgroupfs)");
}

int systemd_unit_available(struct error *err)
{
	char path[PATH_MAX];

	return find_companion(path, err);
}

/* A file in memory with the request, to be read from its beginning. */
static int write_request(struct arena *arena, const struct systemd_request *request,
			 struct error *err)
{
	cleanup_fd int fd = memfd_create("request", MFD_CLOEXEC);
	size_t size;
	const char *text = systemd_request_encode(arena, request, &size);

	if (fd < 0)
		return fail_errno(err, "make a file in memory");
	if (write_all(fd, text, size, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return fail_errno(err, "rewind a file in memory");
	return take_fd(&fd);
}

/* In the new process. Its standard error is ctr's. */
static _Noreturn void run_companion(const char *path, int input, int output)
{
	char name[] = COMPANION;
	char *argv[] = { name, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(input, STDIN_FILENO) == STDIN_FILENO && dup2(output, STDOUT_FILENO) >= 0 &&
	    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		execv(path, argv);
	_exit(127);
}

/*
 * Without a signal at its end: who waits for the container must not be woken by it, nor reap it.
 */
static pid_t clone_silently(int *pidfd)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uintptr_t)pidfd,
	};

	return sys_clone3(&args);
}

static int start_companion(const char *path, int request, struct systemd_unit *unit,
			   struct error *err)
{
	cleanup_fd int ours = -1, theirs = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(err, "make a pair of sockets");
	ours = pair[0];
	/* it goes to 1, which the other dup2() must not need any more */
	theirs = pair[1];
	unit->pid = clone_silently(&unit->pidfd);
	if (unit->pid < 0)
		return fail_errno(err, "clone " COMPANION);
	if (unit->pid == 0)
		run_companion(path, request, theirs);
	unit->sock = take_fd(&ours);
	return 0;
}

static int receive_answer(const struct systemd_unit *unit, struct systemd_answer *answer,
			  struct error *err)
{
	ssize_t size;

	do
		size = recv(unit->sock, answer, sizeof(*answer), 0);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail_errno(err, "hear from " COMPANION);
	if ((size_t)size != sizeof(*answer))
		return fail(err, EPROTO, COMPANION " died");
	if (answer->error.errnum) {
		*err = answer->error;
		return -1;
	}
	return 0;
}

void systemd_unit_release(struct systemd_unit *unit)
{
	/* not only close: the container's first process may have a copy of it for some time */
	if (unit->sock >= 0)
		shutdown(unit->sock, SHUT_RDWR);
	close_fd(&unit->sock);
	if (unit->pidfd >= 0)
		while (waitid(P_PIDFD, (id_t)unit->pidfd, &(siginfo_t){ 0 }, WEXITED | __WALL) <
			       0 &&
		       errno == EINTR)
			continue;
	close_fd(&unit->pidfd);
}

/* On success the companion is still there. */
static int ask(struct arena *arena, const struct systemd_request *request,
	       struct systemd_unit *unit, struct systemd_answer *answer, struct error *err)
{
	cleanup_fd int input = write_request(arena, request, err);
	char path[PATH_MAX];

	if (input < 0 || find_companion(path, err) < 0 ||
	    start_companion(path, input, unit, err) < 0)
		return -1;
	if (receive_answer(unit, answer, err) == 0)
		return 0;
	systemd_unit_release(unit);
	return fail_in(err, "systemd: unit %s", request->unit);
}

int systemd_unit_start(struct arena *arena, const struct systemd_plan *plan,
		       struct systemd_unit *unit, const char **cgroup, struct error *err)
{
	const struct systemd_request request = {
		.verb = SYSTEMD_START,
		.unit = (char *)plan->unit,
		.user = plan->user,
		.required = plan->required,
		.wanted = plan->wanted,
	};
	struct systemd_answer *answer = arena_new(arena, struct systemd_answer);

	if (ask(arena, &request, unit, answer, err) < 0)
		return -1;
	*cgroup = answer->cgroup;
	return 0;
}

static int ask_once(struct arena *arena, const struct systemd_request *request, struct error *err)
{
	struct systemd_unit unit = SYSTEMD_UNIT_NONE;
	struct systemd_answer *answer = arena_new(arena, struct systemd_answer);

	if (ask(arena, request, &unit, answer, err) < 0)
		return -1;
	systemd_unit_release(&unit);
	return 0;
}

int systemd_unit_set(struct arena *arena, const char *name, bool user,
		     const struct string_list *wanted, struct error *err)
{
	const struct systemd_request request = {
		.verb = SYSTEMD_SET,
		.unit = (char *)name,
		.user = user,
		.wanted = *wanted,
	};

	return ask_once(arena, &request, err);
}

int systemd_unit_stop(struct arena *arena, const char *name, bool user, struct error *err)
{
	const struct systemd_request request = {
		.verb = SYSTEMD_STOP,
		.unit = (char *)name,
		.user = user,
	};

	return ask_once(arena, &request, err);
}
