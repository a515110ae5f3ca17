/* SPDX-License-Identifier: Apache-2.0 */
#include "runtime/start_socket.h"

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.h"
#include "runtime/state.h"

static struct sockaddr_un address(int dir)
{
	struct sockaddr_un result = { .sun_family = AF_UNIX };

	snprintf(result.sun_path, sizeof(result.sun_path), "/proc/self/fd/%d/%s", dir,
		 START_SOCKET);
	return result;
}

int start_socket_listen(int dir, struct error *err)
{
	const struct sockaddr_un name = address(dir);
	cleanup_fd int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (sock < 0 || bind(sock, (const struct sockaddr *)&name, sizeof(name)) < 0 ||
	    listen(sock, 8) < 0)
		return fail_errno(err, "make %s", START_SOCKET);
	return take_fd(&sock);
}

int start_socket_connect(int dir, struct error *err)
{
	const struct sockaddr_un name = address(dir);
	cleanup_fd int sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (sock < 0 || connect(sock, (const struct sockaddr *)&name, sizeof(name)) < 0)
		return fail_errno(err, "connect to %s", START_SOCKET);
	return take_fd(&sock);
}
