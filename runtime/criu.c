/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/criu.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/program.h"
#include "base/sys.h"
#include "runtime/signals.h"
#include "runtime/sync.h"

#define MAX_ANSWER 65536
#define MAX_LOG ((size_t)64 << 20)

/* Where criu has its end of the socket. */
#define SOCKET_FD 3

int criu_find(struct arena *arena, const char *program, const char **found, struct error *err)
{
	if (program && access(program, X_OK) < 0)
		return fail_errno(err, "--criu %s", program);
	*found = program ?: program_on_host(arena, "criu");
	if (*found)
		return 0;
	return fail(err, ENOENT,
		    "criu is not installed, which does the work: install the package 'criu'");
}

const char *criu_config_file(void)
{
	static const char own[] = "/etc/criu/ctr.conf", runc[] = "/etc/criu/runc.conf";

	return access(own, F_OK) == 0 ? own : runc;
}

/*
 * Puts the descriptors where criu and the request expect them. All are first copied out of the
 * way, so that no dup2 overwrites one that is still needed; what is left over closes on exec.
 */
static int place_fds(const struct criu *criu, const int *own, struct error *err)
{
	int count = CRIU_INHERIT_FD + (int)criu->inherit_count;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	int copies[CRIU_INHERIT_FD + CRIU_INHERIT_MAX];

	for (int i = 0; i < count; i++) {
		int fd;

		if (i < SOCKET_FD)
			fd = criu->stdio[i] < 0 ? null : criu->stdio[i];
		else if (i < CRIU_INHERIT_FD)
			fd = own[i];
		else
			fd = criu->inherit[i - CRIU_INHERIT_FD];
		copies[i] = fcntl(fd, F_DUPFD_CLOEXEC, count);
		if (copies[i] < 0)
			return fail_errno(err, "copy descriptor %d", fd);
	}
	for (int i = 0; i < count; i++)
		if (dup2(copies[i], i) < 0)
			return fail_errno(err, "place descriptor %d", i);
	if (close_range((unsigned int)count, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return fail_errno(err, "close descriptors");
	return 0;
}

/*
 * criu opens its folders as /proc/PID/fd/N, of the process that made the socket. It is made here,
 * in criu's own process and mount namespace: of another one's it could mount nothing in its folder.
 */
static int make_own(const struct criu *criu, int sync, int *own, struct error *err)
{
	int pair[2];

	own[CRIU_IMAGES_FD] = open(criu->images, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (own[CRIU_IMAGES_FD] < 0)
		return fail_errno(err, "open %s", criu->images);
	own[CRIU_WORK_FD] = open(criu->work, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (own[CRIU_WORK_FD] < 0)
		return fail_errno(err, "open %s", criu->work);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(err, "make a socket pair");
	own[SOCKET_FD] = pair[0];
	return sync_send(sync, SYNC_READY, 0, pair[1], err);
}

static _Noreturn void become_criu(const struct criu *criu, int sync)
{
	char socket_number[] = { '0' + SOCKET_FD, '\0' };
	char *argv[] = { (char[]){ "criu" }, (char[]){ "swrk" }, socket_number, NULL };
	int own[CRIU_INHERIT_FD];
	struct error err;

	signals_reset();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sync = fcntl(sync, F_DUPFD_CLOEXEC, CRIU_INHERIT_FD + CRIU_INHERIT_MAX);
	if ((!criu->prepare || criu->prepare(criu->context, &err) == 0) &&
	    make_own(criu, sync, own, &err) == 0 && place_fds(criu, own, &err) == 0) {
		execve(criu->program, argv, environ);
		fail_errno(&err, "execute %s", criu->program);
	}
	sync_send_error(sync, &err, 0);
	_exit(127);
}

/* Of who has been killed, or has lost its socket. -1: it was never there. */
static void reap(int pidfd)
{
	while (pidfd >= 0 && waitid(P_PIDFD, (id_t)pidfd, &(siginfo_t){ 0 }, WEXITED) < 0 &&
	       errno == EINTR)
		;
}

/* The end of file of the pair tells that it is criu now. */
static int start(const struct criu *criu, int *sock, int *pidfd, struct error *err)
{
	struct clone_args args = {
		.flags = CLONE_PIDFD | (criu->cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
		.pidfd = (uintptr_t)pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = criu->cgroup >= 0 ? (uint64_t)criu->cgroup : 0,
	};
	struct sync_message message;
	int pair[2], result;
	pid_t pid;

	if (sync_pair(pair, err) < 0)
		return -1;
	pid = sys_clone3(&args);
	if (pid == 0)
		become_criu(criu, pair[1]);
	close_fd(&pair[1]);
	result = pid < 0 ? fail_errno(err, "clone")
			 : sync_expect(pair[0], SYNC_READY, &message, err);
	if (result == 0) {
		*sock = message.fd;
		result = sync_expect(pair[0], SYNC_END, &message, err);
	}
	close_fd(&pair[0]);
	if (result < 0 && *pidfd >= 0)
		pidfd_send_signal(*pidfd, SIGKILL, NULL, 0);
	if (result < 0)
		reap(*pidfd);
	return result;
}

static int send_message(int sock, const void *data, size_t size, struct error *err)
{
	if (send(sock, data, size, MSG_NOSIGNAL) == (ssize_t)size)
		return 0;
	return fail_errno(err, "send to criu");
}

/* Tells of the moment and lets criu go on. */
static int answer(struct arena *arena, const struct criu *criu, int sock,
		  const struct criu_response *moment, int *fd, struct error *err)
{
	size_t size;
	int result = criu->notify ? criu->notify(criu->context, moment, fd, err) : 0;
	const void *text = criu_answer_encode(arena, result == 0, &size);
	struct error other;

	log_debug("criu: %s", moment->script);
	if (result < 0) {
		send_message(sock, text, size, &other);
		return -1;
	}
	return send_message(sock, text, size, err);
}

/* Serves criu until it has done the request, or not. */
static int converse(struct arena *arena, const struct criu *criu, int sock,
		    struct criu_response *response, struct error *err)
{
	for (;;) {
		char *data = arena_alloc(arena, MAX_ANSWER);
		cleanup_fd int fd = -1;
		ssize_t size = receive_fds(sock, data, MAX_ANSWER, &fd, 1, err);

		if (size < 0)
			return -1;
		if (size == 0)
			return fail(err, ECONNRESET, "it ended without an answer");
		if (criu_response_decode(arena, data, (size_t)size, response, err) < 0)
			return -1;
		if (response->type != CRIU_NOTIFY)
			return 0;
		if (answer(arena, criu, sock, response, &fd, err) < 0)
			return -1;
	}
}

static int quote(struct arena *arena, const struct criu *criu, const struct criu_options *options,
		 const struct criu_response *response, struct error *err)
{
	const char *reasons = "";
	struct error ignored;
	char *log;

	if (file_read_at(criu->log_folder, options->log_file, MAX_LOG, arena, &log, NULL,
			 &ignored) == 0)
		reasons = criu_log_reasons(arena, log);
	if (!*reasons)
		reasons = response->message ?: "it does not say why";
	return fail(err, response->errnum > 0 ? response->errnum : EIO, "criu: %s (see %s/%s)",
		    reasons, criu->work, options->log_file);
}

int criu_run(struct arena *arena, const struct criu *criu, enum criu_type type,
	     const struct criu_options *options, struct criu_response *response, struct error *err)
{
	cleanup_fd int sock = -1, pidfd = -1;
	const void *request;
	size_t size;
	int result;

	log_debug("criu: options\n%s", criu_options_print(arena, options));
	if (start(criu, &sock, &pidfd, err) < 0)
		return -1;
	request = criu_request_encode(arena, type, options, &size);
	*response = (struct criu_response){ .script = "" };
	result = send_message(sock, request, size, err);
	if (result == 0)
		result = converse(arena, criu, sock, response, err);
	close_fd(&sock);
	reap(pidfd);
	if (result < 0 && err->errnum == ECONNRESET)
		return quote(arena, criu, options, response, err);
	if (result < 0)
		return -1;
	return response->success ? 0 : quote(arena, criu, options, response, err);
}
