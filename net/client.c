/* SPDX-License-Identifier: Apache-2.0 */
#include "net/client.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"
#include "base/program.h"
#include "base/sys.h"
#include "net/service_message.h"
#include "specs/network_document.h"

#define COMPANION "ctr-net"

static int find_companion(char path[PATH_MAX], struct error *err)
{
	if (program_companion(COMPANION, path, PATH_MAX, err) == 0)
		return 0;
	return fail_in(err, "container networks (built where libmnl-dev and libnftnl-dev are)");
}

/* In the new process. Its standard error is ctr's; the rest it has no use for. */
static _Noreturn void run_companion(const char *path, const char *data_root, int sock)
{
	char name[] = COMPANION, verb[] = "serve";
	char *argv[] = { name, verb, (char *)data_root, NULL };
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(sock, STDIN_FILENO) == STDIN_FILENO &&
	    dup2(sock, STDOUT_FILENO) == STDOUT_FILENO &&
	    close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		execv(path, argv);
	_exit(127);
}

int network_service_start(const char *data_root, struct network_service *service, struct error *err)
{
	/* without a signal at its end: who waits for the container is not woken by it */
	const struct clone_args args = {
		.flags = CLONE_PIDFD,
		.pidfd = (uintptr_t)&service->pidfd,
	};
	cleanup_fd int ours = -1, theirs = -1;
	char path[PATH_MAX];
	int pair[2];
	pid_t pid;

	if (find_companion(path, err) < 0)
		return -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fail_errno(err, "make a pair of sockets");
	ours = pair[0];
	theirs = pair[1];
	pid = sys_clone3(&args);
	if (pid < 0)
		return fail_errno(err, "clone " COMPANION);
	if (pid == 0)
		run_companion(path, data_root, theirs);
	service->sock = take_fd(&ours);
	return 0;
}

static int ask(const struct network_service *service, enum service_kind kind, const void *data,
	       size_t size, int fd, struct error *err)
{
	if (service_send(service->sock, kind, data, size, fd, err) == 0)
		return 0;
	if (err->errnum == EPIPE || err->errnum == ECONNRESET)
		return fail(err, EPROTO, COMPANION " died");
	return fail_in(err, COMPANION);
}

static int hear(const struct network_service *service, int kind, struct error *err)
{
	int answer = service_answer(service->sock, err);

	if (answer < 0)
		return -1;
	if (answer == 0)
		return fail(err, EPROTO, COMPANION " died");
	if (answer != kind)
		return fail(err, EPROTO, COMPANION " is of another build");
	return 0;
}

int network_service_attach(const struct network_service *service, struct arena *arena,
			   const struct network_request *request, struct error *err)
{
	size_t size;
	const char *text = network_request_encode(arena, request, &size);

	return ask(service, SERVICE_ATTACH, text, size, -1, err);
}

int network_service_prepared(const struct network_service *service, struct error *err)
{
	return hear(service, SERVICE_PREPARED, err);
}

int network_service_enter(const struct network_service *service, int netns, pid_t pid,
			  struct error *err)
{
	return ask(service, SERVICE_NETNS, &pid, sizeof(pid), netns, err);
}

int network_service_attached(const struct network_service *service, struct error *err)
{
	return hear(service, SERVICE_ATTACHED, err);
}

int network_service_keep(const struct network_service *service, struct error *err)
{
	return ask(service, SERVICE_KEEP, "", 0, -1, err);
}

int network_service_kept(const struct network_service *service, struct error *err)
{
	return hear(service, SERVICE_KEPT, err);
}

int network_service_detach(const struct network_service *service, const char *container,
			   struct error *err)
{
	return ask(service, SERVICE_DETACH, container, strlen(container), -1, err);
}

int network_service_detached(const struct network_service *service, struct error *err)
{
	return hear(service, SERVICE_DETACHED, err);
}

int network_detach_container(const char *data_root, const char *container, struct error *err)
{
	struct network_service service = NETWORK_SERVICE_NONE;
	int result;

	if (network_service_start(data_root, &service, err) < 0)
		return -1;
	result = network_service_detach(&service, container, err);
	if (result == 0)
		result = network_service_detached(&service, err);
	network_service_release(&service);
	return result;
}

int network_service_move_devices(const struct network_service *service, struct arena *arena,
				 const struct spec_linux *linux_spec, int netns, struct error *err)
{
	struct spec_linux devices = { .net_devices = linux_spec->net_devices };
	char version[] = "1.3.0";
	const struct spec spec = { .oci_version = version, .linux = &devices };
	size_t size;
	const char *text = spec_encode(arena, &spec, &size);

	if (ask(service, SERVICE_DEVICES, text, size, netns, err) < 0)
		return -1;
	return hear(service, SERVICE_MOVED, err);
}

/* The companion closes the connection when it has given back what it had. */
static void wait_for_end(int sock)
{
	char rest[sizeof(struct error) + sizeof(uint32_t)];
	ssize_t size;

	/* not only close: the container's first process may have a copy of it for some time */
	shutdown(sock, SHUT_WR);
	do
		size = recv(sock, rest, sizeof(rest), 0);
	while (size > 0 || (size < 0 && errno == EINTR));
}

void network_service_release(struct network_service *service)
{
	if (service->sock >= 0)
		wait_for_end(service->sock);
	close_fd(&service->sock);
	if (service->pidfd >= 0)
		waitid(P_PIDFD, (id_t)service->pidfd, &(siginfo_t){ 0 },
		       WEXITED | WNOHANG | __WALL);
	close_fd(&service->pidfd);
}
