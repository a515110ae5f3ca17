/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/launch_serve.h"

#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "runtime/console_socket.h"
#include "runtime/launch_hooks.h"
#include "runtime/listener.h"
#include "runtime/terminal_host.h"

static int run_mount_hooks(struct launch *launch, struct error *err)
{
	if (launch_run_hooks(launch, err) < 0)
		return -1;
	return sync_tell(launch->sync, SYNC_HOOKED, &launch->exit_status, err);
}

int launch_take_console(struct launch *launch, int master, struct error *err)
{
	launch->console = master;
	if (launch->console_sock < 0) {
		/* before the program starts, which may ask for it at once */
		terminal_host_copy_size(STDIN_FILENO, master);
		return 0;
	}
	if (console_socket_send_master(launch->console_sock, master, err) < 0)
		return -1;
	if (!launch->keep_console)
		close_fd(&launch->console);
	return 0;
}

int launch_serve(struct launch *launch, enum sync_kind awaited, struct error *err)
{
	for (;;) {
		struct sync_message message;
		int result = -1;

		if (sync_receive(launch->sync, &message, err) < 0) {
			launch->exit_status = message.exit_status;
			return -1;
		}
		if (message.kind == awaited)
			return 0;
		switch (message.kind) {
		case SYNC_CONSOLE:
			result = launch_take_console(launch, message.fd, err);
			break;
		case SYNC_MOUNTED:
			result = run_mount_hooks(launch, err);
			break;
		case SYNC_LISTENER:
			result = listener_send(&launch->plan->seccomp, &launch->plan->hook_state,
					       launch->pid, message.fd, err);
			break;
		case SYNC_END:
			result = fail(err, ECONNRESET,
				      "the container's first process died while it was set up");
			break;
		default:
			result = fail(err, EPROTO, "unexpected message %d", message.kind);
		}
		if (result < 0)
			return -1;
	}
}
