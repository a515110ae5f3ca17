/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/listener.h"

#include "base/arena.h"
#include "base/fd.h"
#include "runtime/console_socket.h"
#include "runtime/state_document.h"

static char *process_state(struct arena *arena, const struct seccomp_plan *plan,
			   const struct hook_state *state, pid_t pid, size_t *size)
{
	static char seccomp_fd[] = "seccompFd";
	char *fds[] = { seccomp_fd, NULL };
	struct container_process_state document = {
		.oci_version = state->document.oci_version,
		.fds = { .items = fds, .count = 1 },
		.pid = pid,
		.metadata = plan->listener_metadata ?: "",
		.state = state->document,
	};

	document.state.pid = pid;
	return process_state_document(arena, &document, size);
}

int listener_send(const struct seccomp_plan *plan, const struct hook_state *state, pid_t pid,
		  int fd, struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int listener = fd, sock = -1;
	size_t size;
	const char *text = process_state(&arena, plan, state, pid, &size);

	sock = console_socket_connect(plan->listener_path, err);
	if (sock < 0)
		return fail_in(err,
			       "linux.seccomp.listenerPath: failed to connect with seccomp agent");
	if (send_fds(sock, text, size, &listener, 1, err) < 0)
		return fail_in(err, "linux.seccomp.listenerPath");
	return 0;
}
