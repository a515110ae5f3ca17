/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/listener.h"

#include <string.h>

#include "base/arena.h"
#include "base/fd.h"
#include "runtime/console_socket.h"
#include "specs/json_writer.h"

/* {"ociVersion":...,"fds":["seccompFd"],"pid":N,"metadata":"...","state":{...}} */
static char *process_state(struct arena *arena, const struct seccomp_plan *plan,
			   struct hook_state *state, pid_t pid)
{
	struct json_writer *writer = json_writer_new(arena, JSON_COMPACT);
	char *head;

	json_begin_object(writer);
	json_write_key(writer, "ociVersion");
	json_write_string(writer, state->oci_version);
	json_write_key(writer, "fds");
	json_begin_array(writer);
	json_write_string(writer, "seccompFd");
	json_end_array(writer);
	json_write_key(writer, "pid");
	json_write_int(writer, pid);
	json_write_key(writer, "metadata");
	json_write_string(writer, plan->listener_metadata ? plan->listener_metadata : "");
	json_end_object(writer);
	head = json_writer_text(writer, NULL);
	head[strlen(head) - 1] = '\0'; /* its "}" */
	return arena_printf(arena, "%s,\"state\":%s}", head,
			    hook_state_text(state, "creating", pid));
}

int listener_send(const struct seccomp_plan *plan, struct hook_state *state, pid_t pid, int fd,
		  struct error *err)
{
	cleanup_arena struct arena arena = { 0 };
	cleanup_fd int listener = fd, sock = -1;
	const char *text = process_state(&arena, plan, state, pid);

	sock = console_socket_connect(plan->listener_path, err);
	if (sock < 0 || send_fds(sock, text, strlen(text), &listener, 1, err) < 0)
		return fail_in(err, "linux.seccomp.listenerPath");
	return 0;
}
